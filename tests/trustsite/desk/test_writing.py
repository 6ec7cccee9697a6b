"""The writing page of every model that is edited: drafts, joined saves, who is here, forms that are too large."""

import re
from pathlib import Path

import html5lib
import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

from articles.admin.text_page import SCRIPTS as TEXT_SCRIPTS
from articles.models import Article, Reviewer
from newsletter.models import EmailWords, Letter
from quiz.models import Option, Question, Quiz, Version
from tests.articles.desk import ADD, address, opened, save
from tests.factories import (
    make_article,
    make_helpline,
    make_letter,
    make_offer,
    make_page,
    make_response,
    make_source,
    make_topic,
)
from trustsite.desk.writing import drafts, presence
from trustsite.desk.writing.admin import SCRIPTS as WRITING_SCRIPTS
from trustsite.desk.writing.admin import WritingMixin
from trustsite.models import Autosave, Presence

pytestmark = pytest.mark.django_db


def make_topic_alone():
    return make_topic(title="Steadying")


def make_question():
    quiz, _ = Quiz.objects.get_or_create(slug=Quiz.Slug.choices[0][0])
    version = Version.objects.create(quiz=quiz)
    question = Question.objects.create(version=version, key="q1", stem="A door bangs.", position=1)
    for number in (1, 2):
        Option.objects.create(
            question=question, key=f"o{number}", text=f"Answer {number}", position=number
        )
    return question


def make_email_words():
    return EmailWords.objects.create(
        kind="confirm", subject="Confirm", body="Hello.\n\n[Yes]({confirm})"
    )


# Each model, how a row is made, and two of its fields: one that I change and one that somebody else does.
EDITED = {
    "articles.article": (lambda: make_article(state="draft"), "title", "standfirst"),
    "articles.page": (make_page, "title", "description"),
    "articles.response": (make_response, "title", "tagline"),
    "articles.topic": (make_topic_alone, "title", "intro"),
    "articles.source": (make_source, "title", "authors"),
    "articles.offer": (make_offer, "heading", "partner"),
    "articles.helpline": (make_helpline, "name", "hours"),
    "newsletter.letter": (make_letter, "subject", "body"),
    "newsletter.emailwords": (make_email_words, "subject", "body"),
    "quiz.question": (make_question, "stem", "context"),
}


@pytest.fixture(params=EDITED)
def edited(request):
    """A row, where it is edited, and the names of two of its fields."""
    make, mine, theirs = EDITED[request.param]
    row = make()
    base = f"/admin/{request.param.replace('.', '/')}/"
    return row, f"{base}{row.pk}/change/", mine, theirs


@pytest.fixture
def owner():
    return enter("owner")


@pytest.fixture
def other():
    return enter("edna")


def enter(name):
    user, _ = User.objects.get_or_create(
        username=name, defaults={"is_staff": True, "is_superuser": True}
    )
    browser = Client()
    browser.force_login(user)
    browser.user = user
    return browser


def parsed(response):
    return html5lib.parse(response.content.decode(), namespaceHTMLElements=False)


def test_no_script_of_a_page_is_imported_by_another():
    # A page's scripts have a hash in their names and imports haven't: it would run twice.
    imported = set()
    for file in Path(finders.find("admin/save.js")).parent.glob("*.js"):
        imported |= set(re.findall(r'from "\./(\w+)\.js"', file.read_text()))
    assert "writing_form" in imported
    assert not imported & {*WRITING_SCRIPTS, *TEXT_SCRIPTS}


# -- drafts


def test_every_model_of_what_readers_see_has_a_writing_page():
    without = {
        model._meta.label
        for model, one in admin.site._registry.items()
        if model._meta.app_label in {"articles", "quiz"}
        and not isinstance(one, WritingMixin)
        and model is not Reviewer
    }
    assert without == set()
    assert isinstance(admin.site._registry[Letter], WritingMixin)
    assert isinstance(admin.site._registry[EmailWords], WritingMixin)


def test_what_is_typed_anywhere_is_kept_offered_and_taken(owner, edited):
    row, path, mine, _ = edited
    fields = opened(owner, path)
    where = path.replace(f"{row.pk}/change/", "keep/")
    assert owner.post(where, fields | {mine: "Typed and not saved"}).status_code == 200
    page = owner.get(path)
    assert "Typed and not saved" in page.content.decode()
    assert opened(owner, path)[mine] == fields[mine]
    draft = Autosave.objects.get()
    assert opened(owner, f"{path}?draft={draft.key}")[mine] == "Typed and not saved"


def test_offered_words_stay_whatever_is_saved_meanwhile(owner):
    article = make_article(state="draft")
    first = opened(owner, address(article))
    owner.post("/admin/articles/article/keep/", first | {"body": "Six hundred words."})
    save(owner, article, title="Something else")
    again = opened(owner, address(article))
    owner.post("/admin/articles/article/keep/", again | {"body": "Typed on."})
    kept = {one.fields["body"][0] for one in Autosave.objects.all()}
    assert kept == {"Six hundred words.", "Typed on."}


def test_two_new_articles_have_two_drafts_and_saving_one_keeps_the_other(owner):
    topic = make_topic()
    one, two = opened(owner, ADD), opened(owner, ADD)
    for fields, words in ((one, "The first."), (two, "The second.")):
        owner.post("/admin/articles/article/keep/", fields | {"body": words})
    assert Autosave.objects.count() == 2
    new = two | {"title": "Second", "slug": "second", "body": "The second.", "topic": topic.pk}
    assert owner.post(ADD, new).status_code == 302
    [left] = Autosave.objects.all()
    assert left.fields["body"] == ["The first."]


def test_a_draft_taken_is_the_same_draft_until_it_is_saved(owner):
    article = make_article(state="draft")
    first = opened(owner, address(article))
    owner.post("/admin/articles/article/keep/", first | {"body": "Begun."})
    key = Autosave.objects.get().key
    taken = opened(owner, f"{address(article)}?draft={key}")
    owner.post("/admin/articles/article/keep/", taken | {"body": "Begun. And on."})
    assert Autosave.objects.get().fields["body"] == ["Begun. And on."]
    given = taken | {"body": "Begun. And on.", "_continue": "1"}
    answer = owner.post(f"{address(article)}?draft={key}&_changelist_filters=q%3Da", given)
    assert answer.headers["Location"] == f"{address(article)}?_changelist_filters=q%3Da"
    assert not Autosave.objects.exists()


def test_drafts_of_a_text_are_bounded(owner, monkeypatch):
    monkeypatch.setattr(drafts, "MOST_DRAFTS", 3)
    article = make_article(state="draft")
    for number in range(5):
        fields = opened(owner, address(article))
        owner.post("/admin/articles/article/keep/", fields | {"body": f"Words {number}."})
    kept = [one.fields["body"][0] for one in Autosave.objects.order_by("pk")]
    assert kept == ["Words 2.", "Words 3.", "Words 4."]


def test_rows_of_an_inline_are_kept_and_come_back(owner):
    question = make_question()
    path = f"/admin/quiz/question/{question.pk}/change/"
    typed = opened(owner, path) | {
        "options-TOTAL_FORMS": "3",
        "options-0-text": "Mended",
        "options-2-id": "",
        "options-2-question": question.pk,
        "options-2-text": "A third answer",
        "options-2-key": "o3",
    }
    owner.post("/admin/quiz/question/keep/", typed)
    again = opened(owner, f"{path}?draft=1")
    assert (again["options-0-text"], again["options-2-text"]) == ("Mended", "A third answer")


def test_the_first_page_leads_to_words_that_were_not_saved(owner, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    letter = make_letter()
    path = f"/admin/newsletter/letter/{letter.pk}/change/"
    owner.post("/admin/newsletter/letter/keep/", opened(owner, path) | {"body": "Typed."})
    links = {
        link.get("href"): "".join(link.itertext())
        for link in parsed(owner.get("/admin/")).iter("a")
    }
    assert "letter with words you haven’t saved" in links[path]


# -- saving what others saved meanwhile


def test_what_i_did_not_touch_takes_theirs(owner, other, edited):
    row, path, mine, theirs = edited
    ones, others = opened(owner, path), opened(other, path)
    their_words = f"{others[theirs]} Theirs." if others[theirs] else "Theirs."
    assert other.post(path, others | {theirs: their_words}).status_code == 302
    response = owner.post(path, ones | {mine: f"{ones[mine]} too"}, follow=True)
    assert response.status_code == 200, response.content.decode()[-3000:]
    row.refresh_from_db()
    said = (str(getattr(row, mine)), str(getattr(row, theirs)))
    assert said[0].endswith("too")
    assert "Theirs." in said[1]
    assert "dna saved this while you were writing" in response.content.decode()


def test_where_both_wrote_each_choice_does_what_it_says(owner, other, edited):
    row, path, mine, _ = edited
    for choice, expected in (("theirs", "Hers"), ("mine", "Own"), ("other", "Both")):
        ones, others = opened(owner, path), opened(other, path)
        assert other.post(path, others | {mine: f"Hers {choice}"}).status_code == 302
        typed = ones | {mine: f"Own {choice}"}
        asked = owner.post(path, typed)
        assert asked.status_code == 409
        page = parsed(asked)
        seen = page.find(".//input[@name='_seen']").get("value")
        answers = {"_seen": seen, "_choice-0": choice, "_other-0": f"Both {choice}"}
        assert owner.post(path, typed | answers).status_code == 302
        row.refresh_from_db()
        assert getattr(row, mine) == f"{expected} {choice}"


def test_a_text_is_joined_by_its_lines_and_both_versions_stay_in_the_history(owner, other):
    article = make_article(state="draft", body="One.\n\nTwo.\n\nThree.\n\nFour.")
    ones, others = opened(owner, address(article)), opened(other, address(article))
    other.post(address(article), others | {"body": "One, hers.\n\nTwo.\n\nThree, hers.\n\nFour."})
    typed = ones | {"body": "One, mine.\n\nTwo.\n\nThree.\n\nFour, mine."}
    asked = owner.post(address(article), typed)
    page = parsed(asked)
    assert [legend.text for legend in page.iterfind(".//legend/h2")] == ["Text, line 1"]
    answers = {"_seen": page.find(".//input[@name='_seen']").get("value"), "_choice-0": "theirs"}
    owner.post(address(article), typed | answers)
    said = list(article.history.values_list("body", flat=True))
    assert said[0] == "One, hers.\n\nTwo.\n\nThree, hers.\n\nFour, mine."
    assert "One, mine.\n\nTwo.\n\nThree.\n\nFour, mine." in said
    assert "One, hers.\n\nTwo.\n\nThree, hers.\n\nFour." in said


def test_a_choice_made_for_a_text_that_has_changed_again_is_asked_anew(owner, other):
    article = make_article(state="draft", title="At first")
    ones = opened(owner, address(article)) | {"title": "Mine"}
    save(other, article, title="Hers")
    seen = parsed(owner.post(address(article), ones)).find(".//input[@name='_seen']").get("value")
    save(other, article, title="Hers again")
    answer = owner.post(address(article), ones | {"_seen": seen, "_choice-0": "mine"})
    assert answer.status_code == 409
    article.refresh_from_db()
    assert article.title == "Hers again"


def test_going_back_to_writing_takes_the_joined_words_along(owner, other):
    article = make_article(state="draft", title="At first", standfirst="A line.")
    ones = opened(owner, address(article)) | {"title": "Mine"}
    save(other, article, title="Hers", standfirst="Her line.")
    seen = parsed(owner.post(address(article), ones)).find(".//input[@name='_seen']").get("value")
    answers = {"_seen": seen, "_choice-0": "other", "_other-0": "Ours", "_back": "1"}
    response = owner.post(address(article), ones | answers)
    assert response.status_code == 302
    again = opened(owner, response.headers["Location"])
    assert (again["title"], again["standfirst"]) == ("Ours", "Her line.")
    assert owner.post(address(article), again).status_code == 302
    article.refresh_from_db()
    assert (article.title, article.standfirst) == ("Ours", "Her line.")


def test_what_a_choice_leaves_out_is_offered_to_who_wrote_it(owner, other):
    topic = make_topic(title="At first", intro="A line.")
    path = f"/admin/articles/topic/{topic.pk}/change/"
    for choice, left_out, who in (("mine", "Hers", other), ("theirs", "Mine", owner)):
        ones = opened(owner, path) | {"title": f"Mine {choice}"}
        save_as = opened(other, path) | {"title": f"Hers {choice}", "intro": f"Hers {choice}."}
        assert other.post(path, save_as).status_code == 302
        seen = parsed(owner.post(path, ones)).find(".//input[@name='_seen']").get("value")
        owner.post(path, ones | {"_seen": seen, "_choice-0": choice})
        [draft] = Autosave.objects.filter(author=who.user)
        taken = opened(who, f"{path}?draft={draft.key}")
        assert (taken["title"], taken["intro"]) == (f"{left_out} {choice}", f"Hers {choice}.")
        assert who.post(path, taken).status_code == 302
        topic.refresh_from_db()
        assert topic.title == f"{left_out} {choice}"
        assert not Autosave.objects.exists()


@pytest.mark.parametrize("forged", ["", "nonsense", "WzEsMSwiIl0:1abc:xyz"])
def test_a_note_that_is_not_ours_counts_as_not_knowing_what_was_there(owner, forged):
    article = make_article(state="draft", title="Saved")
    fields = opened(owner, address(article)) | {"title": "Over it", "form_token": forged}
    assert owner.post(address(article), fields).status_code == 409
    article.refresh_from_db()
    assert article.title == "Saved"


def test_twin_without_the_joining_the_second_save_undoes_the_first(owner, other, monkeypatch):
    monkeypatch.setattr(WritingMixin, "_join", lambda *_: None)
    article = make_article(state="draft", title="At first")
    ones = opened(owner, address(article))
    save(other, article, title="Hers")
    owner.post(address(article), ones | {"standfirst": "Mine"})
    article.refresh_from_db()
    assert article.title == "At first"


def test_a_sign_off_while_somebody_types_is_no_conflict(owner, other):
    article = make_article(state="draft", checked_on=None)
    ones = opened(owner, address(article))
    Article.objects.filter(pk=article.pk).update(
        checked_on=timezone.localdate(), changed_at=timezone.now()
    )
    assert owner.post(address(article), ones | {"title": "Typed on"}).status_code == 302
    article.refresh_from_db()
    assert article.title == "Typed on"


def test_a_save_that_changes_nothing_leaves_no_state_and_no_entry(owner, edited):
    row, path, _, _ = edited
    before = row.history.count() if hasattr(row, "history") else 0
    response = owner.post(path, opened(owner, path), follow=True)
    assert "Nothing was changed" in response.content.decode()
    assert (row.history.count() if hasattr(row, "history") else 0) == before
    assert not apps.get_model("admin", "LogEntry").objects.exists()


def test_answers_of_a_question_are_joined_row_by_row(owner, other):
    question = make_question()
    path = f"/admin/quiz/question/{question.pk}/change/"
    ones, others = opened(owner, path), opened(other, path)
    assert other.post(path, others | {"options-0-text": "Hers"}).status_code == 302
    assert owner.post(path, ones | {"options-1-text": "Mine"}).status_code == 302
    assert list(question.options.values_list("text", flat=True)) == ["Hers", "Mine"]


def test_points_of_two_editors_are_joined(owner, other):
    version = make_question().version
    path = f"/admin/quiz/version/{version.pk}/points/"

    def grid(browser):
        page = parsed(browser.get(path))
        inputs = [one for one in page.iter("input") if (one.get("name") or "").startswith("form")]
        texts = {one.get("name"): (one.text or "").strip() for one in page.iter("textarea")}
        return texts | {
            one.get("name"): one.get("value", "")
            for one in inputs
            if one.get("type") != "checkbox" or one.get("checked") is not None
        }

    ones, others = grid(owner), grid(other)
    assert (
        other.post(path, others | {"form-0-fight": "3", "form-1-text": "Hers"}).status_code == 302
    )
    assert owner.post(path, ones | {"form-0-flight": "2"}).status_code == 302
    option = Option.objects.order_by("position").first()
    assert (option.fight, option.flight) == (3, 2)
    assert owner.post(path, ones | {"form-1-text": "Mine"}).status_code == 409


# -- who is here


def test_who_else_is_here_is_shown_and_forgotten_in_a_minute(owner, other, monkeypatch):
    article = make_article(state="draft")
    mine, hers = opened(owner, address(article)), opened(other, address(article))
    here = "/admin/articles/article/here/"
    assert other.post(here, hers | {"writing": "1"}).json()["here"] == []
    assert owner.post(here, mine).json()["here"] == [{"name": "edna", "writes": True}]
    later = timezone.now() + presence.FORGOTTEN_AFTER * 1.1
    monkeypatch.setattr(presence.timezone, "now", lambda: later)
    assert owner.post(here, mine).json()["here"] == []
    assert Presence.objects.count() == 1
    assert owner.post(here, mine | {"leaving": "1"}).status_code == 200
    assert not Presence.objects.exists()


def test_it_says_who_saved_since_the_page_was_opened(owner, other):
    article = make_article(state="draft")
    mine = opened(owner, address(article))
    save(other, article, title="Hers")
    answer = owner.post("/admin/articles/article/here/", mine | {"last": ""}).json()
    assert answer["saved_by"] == "edna"


def test_nobody_is_here_in_another_s_name(owner, other):
    article = make_article(state="draft")
    hers = opened(other, address(article))
    assert owner.post("/admin/articles/article/here/", hers).status_code == 403
    assert not Presence.objects.exists()


# -- saving by script


def test_a_save_by_script_is_told_where_to_go_on(owner):
    article = make_article(state="draft")
    fields = opened(owner, address(article)) | {"title": "By script", "_continue": "1"}
    answer = owner.post(address(article), fields, headers={"X-Desk-Save": "1"})
    assert answer.json() == {"to": address(article)}


def test_the_first_field_with_an_error_has_the_focus(owner):
    article = make_article(state="draft")
    response = save(owner, article, title="", slug="not an address")
    focused = [
        one.get("name")
        for one in parsed(response).iter("textarea")
        if one.get("autofocus") is not None
    ]
    assert focused == ["title"]


# -- too large


@pytest.mark.parametrize("kind", ["multipart", "urlencoded"])
def test_a_form_that_is_too_large_says_its_size_and_gives_the_words_back(owner, kind):
    article = make_article(state="draft", title="Saved")
    words = "All my “words”. " * 40_000
    fields = opened(owner, address(article)) | {"body": words}
    if kind == "multipart":
        response = owner.post(address(article), fields)
    else:
        from urllib.parse import urlencode

        sent = urlencode(fields)
        response = owner.post(
            address(article), sent, content_type="application/x-www-form-urlencoded"
        )
    assert response.status_code == 413
    page = parsed(response)
    assert words.strip() in {(area.text or "").strip() for area in page.iter("textarea")}
    assert "the site takes 512 KB" in "".join(page.itertext())
    article.refresh_from_db()
    assert article.title == "Saved"


def test_twin_without_the_middleware_the_words_are_gone(owner, settings):
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "too_large" not in one]
    article = make_article(state="draft")
    browser = enter("owner")
    browser.raise_request_exception = False
    fields = opened(browser, address(article)) | {"body": "Words. " * 100_000}
    response = browser.post(address(article), fields)
    assert response.status_code == 400
    assert b"Words. Words." not in response.content


def test_a_stranger_s_large_form_is_not_echoed():
    response = Client().post("/admin/login/", {"body": "Words. " * 100_000})
    assert response.status_code == 413
    assert b"Words. Words." not in response.content
