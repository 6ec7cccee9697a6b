import pytest
from django.conf import settings

from articles import content_files
from articles.models import Article, Helpline, Page, Response, Source
from articles.reading.helplines import emergency_numbers

pytestmark = pytest.mark.django_db


def test_the_launch_content_is_whole(content):
    assert Article.objects.published().count() >= 11
    assert {"about", "privacy", "affiliate-disclosure", "editorial-policy", "get-help"} <= set(
        Page.objects.values_list("slug", flat=True)
    )
    assert Response.objects.count() == 17
    assert Helpline.objects.filter(phone="116 123").exists()


def test_every_article_is_valid_and_as_long_as_the_brief_asks(content):
    for article in Article.objects.all():
        article.full_clean()
        assert 500 <= article.words <= 1800, (article.slug, article.words)
        assert article.citations or article.slug == "finding-a-trauma-therapist", article.slug
        assert 3 <= len(article.takeaways) <= 5, article.slug
        assert article.description, article.slug
        assert article.evidence_note, article.slug


def test_no_page_is_shown_as_checked_by_a_person_before_one_has(content):
    assert not Article.objects.exclude(checked_on=None).exists()
    assert not Helpline.objects.exclude(checked_on=None).exists()
    assert not Source.objects.filter(checked=True).exists()


def test_loading_it_again_changes_nothing(content):
    assert content_files.load(settings.CONTENT_DIR) == {}


def test_emergency_numbers_can_each_be_dialled():
    numbers = {line["country"]: line["numbers"] for line in emergency_numbers()}
    assert numbers["Ireland"] == ["112", "999"]
    assert all(number.isdigit() for each in numbers.values() for number in each)


def test_no_page_shows_a_placeholder(content):
    for page in Page.objects.all():
        assert "{" not in "".join(part.html for part in page.parts), page.slug
