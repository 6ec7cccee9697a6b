"""The states of an article: who may bring it from where to where, by the form and by posting what the form doesn't offer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles.editing import workflow
from articles.models import Article, next_publication
from tests.articles.desk import ADD, address, errors, log_in, opened, save
from tests.factories import make_article, make_topic

pytestmark = pytest.mark.django_db
STATES = ("draft", "in review", "published", "withdrawn")
# From where to where a role may go. Whoever may edit may also leave the state as it is.
WRITERS = {
    ("draft", "draft"),
    ("draft", "in review"),
    ("in review", "in review"),
    ("in review", "draft"),
}
EDITORS = WRITERS | {
    *(("draft", "published"), ("in review", "published"), ("published", "published")),
    *(("published", "withdrawn"), ("withdrawn", "withdrawn"), ("withdrawn", "published")),
}
MAY = {
    "Writers": WRITERS,
    "Editors": EDITORS,
    "Reviewers": set(),
    "Owners": EDITORS,
    "List managers": set(),
}


def in_state(state, **over):
    note = {"withdrawn_note": "It was wrong."} if state == "withdrawn" else {}
    return make_article(state=state, **note, **over)


def posted(article, state):
    """All that a form of somebody who may do everything would post."""
    return opened(log_in("Owners", "somebody else"), address(article)) | {
        "state": state,
        "withdrawn_note": "Wrong.",
        "is_sure": "on",
    }


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_a_step_is_taken_by_who_may_take_it_and_refused_to_all_others(role, before, after):
    article = in_state(before)
    response = log_in(role).post(address(article), posted(article, after))
    article.refresh_from_db()
    may = (before, after) in MAY[role]
    assert (article.state == after) if may else (article.state == before)
    assert (response.status_code == 302) == may


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("after", STATES)
def test_a_new_article_begins_as_a_draft(role, after):
    make_topic()
    fields = opened(log_in("Owners", "somebody else"), ADD)
    given = {
        "title": "New",
        "slug": "new",
        "body": "Words.",
        "topic": Article._meta.get_field("topic").related_model.objects.get().pk,
    }
    log_in(role).post(ADD, fields | given | {"state": after})
    may = ("draft", after) in MAY[role]
    assert list(Article.objects.values_list("state", flat=True)) == ([after] if may else [])


@pytest.mark.parametrize(
    ("role", "state", "offered"),
    [
        ("Writers", "draft", ["draft", "in review"]),
        ("Writers", "in review", ["draft", "in review"]),
        ("Editors", "draft", ["draft", "in review", "published"]),
        ("Editors", "published", ["published", "withdrawn"]),
        ("Editors", "withdrawn", ["published", "withdrawn"]),
    ],
)
def test_the_form_offers_the_steps_there_are(role, state, offered):
    response = log_in(role).get(address(in_state(state)))
    choices = response.context["adminform"].form.fields["state"].choices
    assert [value for value, _ in choices] == offered


def test_what_was_scheduled_can_be_taken_back_and_what_readers_saw_cannot():
    later = timezone.now() + timedelta(days=1)
    scheduled, public = in_state("published", publish_at=later), in_state("published")
    editor = log_in("Editors")
    assert save(editor, scheduled, state="draft").status_code == 302
    assert "state" in errors(save(editor, public, state="draft"))


def test_a_writer_changes_neither_what_readers_see_nor_what_they_will_see():
    later = timezone.now() + timedelta(days=1)
    for article in (
        in_state("published"),
        in_state("published", publish_at=later),
        in_state("withdrawn"),
    ):
        response = log_in("Writers").post(
            address(article), posted(article, article.state) | {"title": "Mine"}
        )
        assert "somebody who may publish" in errors(response)["__all__"][0]
        assert response.context["adminform"].form["title"].value() == "Mine"
    assert not Article.objects.filter(title="Mine").exists()


def test_a_writer_sets_no_day_of_publishing_or_checking():
    article = in_state("draft", publish_at=None)
    given = {
        "publish_at_0": "2030-01-01",
        "publish_at_1": "09:00:00",
        "checked_on": "2026-01-01",
        "checked_by": "Me",
    }
    log_in("Writers").post(address(article), posted(article, "in review") | given)
    article.refresh_from_db()
    assert (article.state, article.publish_at, article.checked_on, article.checked_by) == (
        "in review",
        None,
        None,
        "",
    )


def test_a_reviewer_reads_and_signs_and_changes_no_word():
    article = in_state("in review")
    reviewer = log_in("Reviewers")
    assert reviewer.get(address(article)).status_code == 200
    assert (
        reviewer.post(
            address(article), posted(article, "in review") | {"title": "Mine"}
        ).status_code
        == 403
    )


# -- what keeps an article from readers --------------------------------------------------------------------------------


def test_a_draft_may_be_unfinished_and_is_not_published_so():
    article = make_article(state="draft", body="See [nothing](/articles/nothing/).\n\n:::banner")
    editor = log_in("Editors")
    assert save(editor, article, title="Other").status_code == 302
    assert save(editor, article, state="published").status_code == 200
    article.refresh_from_db()
    assert (article.state, article.title) == ("draft", "Other")


def test_a_link_that_leads_nowhere_is_named_by_its_line():
    article = make_article(state="draft", body="Lead.\n\nSee [nothing](/articles/nothing/).")
    found = errors(save(log_in("Editors"), article, state="published"))
    assert found["body"] == [
        "Line 3: The link /articles/nothing/ leads to no page that readers can open."
    ]


def test_withdrawing_takes_a_reason():
    found = errors(save(log_in("Editors"), in_state("published"), state="withdrawn", is_sure="on"))
    assert found == {
        "withdrawn_note": ["Say in a line why it was withdrawn: its address shows it."]
    }


def test_an_article_with_a_mistake_can_always_be_withdrawn(client):
    article = make_article(
        body="Lead.\n\n:::offer that-has-gone\n\nSee [nothing](/articles/nothing/).[^gone]"
    )
    assert (
        save(
            log_in("Editors"),
            article,
            state="withdrawn",
            withdrawn_note="It was wrong.",
            is_sure="on",
        ).status_code
        == 302
    )
    response = client.get(article.get_absolute_url())
    assert response.status_code == 410
    assert "It was wrong." in response.content.decode()


# -- the clock ---------------------------------------------------------------------------------------------------------


def test_a_time_to_come_schedules_to_the_second(client, monkeypatch):
    due = timezone.now().replace(microsecond=0) + timedelta(hours=2, seconds=7)
    article = make_article(slug="due", state="in review", publish_at=None)
    time = {"publish_at_0": f"{due:%Y-%m-%d}", "publish_at_1": f"{due:%H:%M:%S}"}
    save(log_in("Editors"), article, state="published", **time)
    article.refresh_from_db()
    assert (article.stage, article.publish_at, next_publication()) == ("Scheduled", due, due)
    monkeypatch.setattr(timezone, "now", lambda: due - timedelta(microseconds=1))
    assert client.get("/articles/due/").status_code == 404
    monkeypatch.setattr(timezone, "now", lambda: due)
    assert client.get("/articles/due/").status_code == 200


def test_publishing_without_a_time_is_now(client):
    article = make_article(slug="now", state="in review", publish_at=None)
    save(log_in("Editors"), article, state="published")
    assert client.get("/articles/now/").status_code == 200


def test_every_step_is_of_states_there_are():
    assert set(workflow.STEPS) == set(STATES) == set(Article.State.values)
    assert {after for ways in workflow.STEPS.values() for after in ways} <= set(STATES)


def test_who_may_publish_is_asked_once_more_about_what_readers_see_or_will_see_alone(admin_user):
    draft, seen = make_article(state="draft"), make_article()
    asked = [workflow.is_asked_once_more(one, admin_user) for one in (None, draft, seen)]
    assert asked == [False, False, True]
