import shutil

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from articles import content_files
from articles.models import Article, Helpline, Page, Response, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(settings.CONTENT_DIR, tmp_path / "content")


def test_the_launch_content_is_whole(content):
    assert Article.objects.published().count() >= 11
    assert {"about", "privacy", "affiliate-disclosure", "editorial-policy", "get-help"} <= set(
        Page.objects.values_list("slug", flat=True)
    )
    assert Response.objects.count() == 16
    assert Helpline.objects.filter(phone="116 123").exists()


def test_every_article_is_valid_and_as_long_as_the_brief_asks(content):
    for article in Article.objects.all():
        article.full_clean()
        assert 600 <= article.words <= 1300, (article.slug, article.words)
        assert article.citations or article.slug == "finding-a-trauma-therapist", article.slug
        assert 3 <= len(article.takeaways) <= 5, article.slug
        assert article.description, article.slug
        assert article.evidence_note, article.slug


def test_no_page_is_shown_as_checked_by_a_person_before_one_has(content):
    assert not Article.objects.exclude(checked_on=None).exists()
    assert not Helpline.objects.exclude(checked_on=None).exists()


def test_loading_again_changes_nothing(content):
    article = Article.objects.first()
    article.title = "Edited in the admin"
    article.save()
    assert sum(content_files.load(settings.CONTENT_DIR).values()) == 0
    article.refresh_from_db()
    assert article.title == "Edited in the admin"


def test_force_writes_the_files_over_the_rows(content):
    Article.objects.update(title="Edited in the admin")
    content_files.load(settings.CONTENT_DIR, force=True)
    assert Article.objects.filter(title="The Fawn Response").exists()


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("articles/fight-response.md", "---\ntitle: X\ntopic: nowhere\n---\nWords.", "unknown topic"),
        (
            "articles/fight-response.md",
            "---\ntitle: X\ntopic: responses\nauthor: Jo\n---\nWords.",
            "unknown field author",
        ),
        ("articles/fight-response.md", "---\ntitle: [\n---\nWords.", "fight-response.md"),
        ("articles/fight-response.md", "---\ntitle: X\ntopic: responses\n---\n:::banner", "There is no directive"),
        ("sources.toml", "[a\n", "sources.toml"),
        ("offers.toml", "[x]\npartner = 'a'\n", "This field cannot be blank"),
    ],
)
def test_a_broken_file_is_named_and_nothing_half_loaded_remains(folder, file, text, says):
    (folder / file).write_text(text)
    with pytest.raises(CommandError, match=says):
        call_command("load_content", str(folder))
    assert not Source.objects.exists()
    assert not Article.objects.exists()


def test_facts_only_the_settings_know_are_filled_in(settings, content):
    body = Page.objects.get(slug="about").body
    assert settings.CONTACT_EMAIL in body
    assert "{" not in body
