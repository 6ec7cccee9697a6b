"""A check is of a text: it counts until the words change, and a second person makes it."""

from datetime import timedelta

import html5lib
import pytest
from django.utils import timezone

from articles.editing import review
from articles.models import Article, Reviewer
from tests.articles.desk import address, log_in, save
from tests.factories import make_article

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer():
    browser = log_in("Reviewers")
    Reviewer.objects.create(user=browser.user, name="Ann Other", profession="clinical psychologist")
    return browser


def sign(browser, article, seen=None):
    """Press the button of the article's page; `seen` is a page opened earlier."""
    seen = seen or browser.get(address(article))
    found = html5lib.parse(seen.content.decode(), namespaceHTMLElements=False).find(
        ".//input[@name='seen']"
    )
    given = {"seen": found.get("value")}
    response = browser.post(f"/admin/articles/article/{article.pk}/sign-off/", given, follow=True)
    article.refresh_from_db()
    return response


def test_the_page_names_who_checked_it_and_when(reviewer, client):
    article = make_article()
    sign(reviewer, article)
    said = client.get(article.get_absolute_url()).content.decode()
    assert "by Ann Other, clinical psychologist" in said
    assert "Not yet checked" not in said
    assert article.checked_on == timezone.localdate()


def test_without_a_named_reviewer_it_names_nobody(client):
    article = make_article()
    sign(log_in("Reviewers"), article)
    assert (article.is_checked, article.checked_by) == (True, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", "Another title"),
        ("standfirst", "Another line."),
        ("body", "Another text."),
        ("takeaways", ["Another."]),
        ("content_note", "Mentions violence."),
        ("evidence", "contested"),
        ("evidence_note", "Nobody knows."),
    ],
)
def test_it_drops_when_the_words_change_and_counts_again_when_they_are_back(
    reviewer, client, name, value
):
    article = make_article()
    sign(reviewer, article)
    before = getattr(article, name)
    setattr(article, name, value)
    article.save()
    assert not article.is_checked
    assert "Not yet checked" in client.get(article.get_absolute_url()).content.decode()
    setattr(article, name, before)
    article.save()
    assert article.is_checked


@pytest.mark.parametrize(
    "body",
    [
        "its a lead Paragraph",
        "It’s  a lead,\n\nparagraph!",
        "It's a *lead* paragraph…",
        "## It's a lead paragraph",
    ],
)
def test_it_stays_when_only_signs_spaces_and_capitals_change(reviewer, body):
    article = make_article(body="It's a lead paragraph.")
    sign(reviewer, article)
    article.body = body
    article.save()
    assert article.is_checked == ("its" not in body)


def test_what_stands_around_the_words_changes_nothing(reviewer):
    article = make_article()
    sign(reviewer, article)
    article.slug, article.description, article.safety = "elsewhere", "For search engines.", True
    article.save()
    assert article.is_checked


def test_nobody_signs_off_their_own_change():
    owner = log_in("Owners")
    article = make_article()
    save(owner, article, title="Changed by me")
    response = sign(owner, article)
    assert "A check is a second person’s." in response.content.decode()
    assert article.checked_on is None


def test_words_that_the_reviewer_has_not_seen_are_not_signed_off(reviewer):
    article = make_article(state="in review")
    seen = reviewer.get(address(article))
    save(log_in("Editors"), article, body="Words nobody has checked.")
    response = sign(reviewer, article, seen)
    assert "Read them once more." in response.content.decode()
    assert article.checked_on is None
    reviewer.post(f"/admin/articles/article/{article.pk}/sign-off/")
    assert Article.objects.get().checked_on is None
    sign(reviewer, article)
    assert article.is_checked


def test_who_changed_no_words_may_sign_off_and_do_so_again(reviewer):
    owner = log_in("Owners")
    article = make_article(state="in review")
    save(owner, article, state="published", description="For search engines.")
    sign(owner, article)
    assert article.is_checked
    Article.objects.update(checked_on=timezone.localdate() - timedelta(days=400))
    for browser in (reviewer, owner, reviewer):
        assert "Signed off." in sign(browser, article).content.decode()
    assert article.checked_on == timezone.localdate()


@pytest.mark.parametrize("role", ["Writers", "Editors", "List managers"])
def test_only_reviewers_and_owners_sign_off(role):
    article = make_article()
    assert log_in(role).post(f"/admin/articles/article/{article.pk}/sign-off/").status_code == 403
    assert Article.objects.get().checked_on is None


def test_it_takes_a_press_and_not_a_link(reviewer):
    article = make_article()
    assert reviewer.get(f"/admin/articles/article/{article.pk}/sign-off/").status_code == 405


@pytest.mark.parametrize(("days", "is_due"), [(0, False), (365, False), (366, True)])
def test_it_runs_out_after_a_year(days, is_due):
    assert (
        review.is_due(make_article(checked_on=timezone.localdate() - timedelta(days=days)))
        is is_due
    )


def test_editors_are_told_that_it_changed_or_is_due(parse, text_of):
    article = make_article(checked_on=timezone.localdate() - timedelta(days=400))
    article.body += "\n\nMore."
    article.save()
    notes = " ".join(
        text_of(note)
        for note in parse(log_in("Editors").get(address(article))).findall(
            ".//p[@class='desk-note']"
        )
    )
    assert "Changed since it was checked" in notes
    assert "Due to be checked again" in notes


def test_only_owners_say_who_reviews():
    user = log_in("Reviewers").user
    given = {"user": user.pk, "name": "Ann Other", "profession": "clinical psychologist"}
    for role in ("Writers", "Editors", "Reviewers", "List managers"):
        browser = log_in(role)
        assert browser.get("/admin/articles/reviewer/").status_code == 403
        assert browser.post("/admin/articles/reviewer/add/", given).status_code == 403
    assert log_in("Owners").post("/admin/articles/reviewer/add/", given).status_code == 302
    assert str(Reviewer.objects.get()) == "Ann Other, clinical psychologist"
