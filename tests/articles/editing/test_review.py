"""A check is of a text: it counts until the words change, and a second person makes it."""

from datetime import timedelta

import html5lib
import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from articles.editing import review
from articles.models import Article, Reviewer
from articles.models.markdown import words_hash
from tests.articles.desk import address, log_in, save
from tests.factories import make_article, make_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer():
    browser = log_in("Reviewers")
    Reviewer.objects.create(user=browser.user, name="Ann Other", profession="clinical psychologist")
    return browser


def sign(browser, article, seen=None):
    """Press the button of the article's review; `seen` is one opened earlier."""
    seen = seen or browser.get(f"/admin/articles/article/{article.pk}/review/")
    found = html5lib.parse(seen.content.decode(), namespaceHTMLElements=False).find(
        ".//input[@name='seen']"
    )
    # Who wrote its words has no button there; what it would send is sent all the same.
    stands = words_hash(Article.objects.get(pk=article.pk))
    given = {"seen": stands if found is None else found.get("value")}
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


@pytest.fixture
def written_by_two():
    """An article that an owner wrote and an editor then changed a word of."""
    owner = log_in("Owners")
    article = make_article(state="in review")
    save(owner, article, body="Words of an owner, all of them.")
    save(log_in("Editors"), article, body="Words of an owner, nearly all of them.")
    return owner, article


def test_a_word_changed_by_another_makes_nobody_a_second_reader_of_their_own(written_by_two):
    owner, article = written_by_two
    sign(owner, article)
    assert article.checked_on is None


def test_without_looking_for_all_who_wrote_they_would_be(written_by_two, monkeypatch):
    owner, article = written_by_two
    monkeypatch.setattr(review, "writers", lambda text: set())
    sign(owner, article)
    assert article.is_checked


def test_who_wrote_nobody_knows_when_only_signs_changed(reviewer):
    article = make_article(state="in review", body="It stands, here.")
    save(log_in("Owners"), article, body="It stands here.")
    assert review.writers(article) == set()


@pytest.mark.parametrize("role", ["Writers", "Editors", "Reviewers", "Owners"])
@pytest.mark.parametrize("kind", [make_article, make_page])
def test_no_form_says_that_a_text_was_checked(role, kind):
    row = kind(**({"state": "draft"} if kind is make_article else {}))
    browser = log_in(role)
    path = f"/admin/articles/{row._meta.model_name}/{row.pk}/change/"
    typed = {"checked_on": "2026-01-01", "checked_by": "A. Person, clinical psychologist"}
    given = {"title": "Another title", "slug": row.slug, "body": "Other words."}
    browser.post(path, given | {"updated_at_0": "2026-01-01", "updated_at_1": "09:00"} | typed)
    row.refresh_from_db()
    assert (row.checked_on, row.checked_by) == (None, "")


def test_a_page_is_signed_off_for_as_long_as_its_words_stand(reviewer, client):
    page = make_page()
    where = f"/admin/articles/page/{page.pk}/sign-off/"
    reviewer.post(where, {"seen": words_hash(page)})
    assert "Checked by Ann Other" in client.get("/about/").content.decode()
    page.refresh_from_db()
    page.body = "Other words."
    page.save()
    assert "Checked by" not in client.get("/about/").content.decode()


@pytest.mark.parametrize("make", [make_article, make_page])
@pytest.mark.parametrize("name", ["checked_on", "updated_at"])
def test_no_day_to_come_is_a_day_of_the_past(make, name):
    row = make()
    moment = timezone.now() + timedelta(days=400)
    setattr(row, name, moment.date() if name == "checked_on" else moment)
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    assert set(caught.value.message_dict) == {name}


def test_words_that_the_reviewer_has_not_seen_are_not_signed_off(reviewer):
    article = make_article(state="in review")
    seen = reviewer.get(f"/admin/articles/article/{article.pk}/review/")
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
