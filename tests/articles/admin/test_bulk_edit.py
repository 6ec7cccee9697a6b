"""Changing several articles at once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.utils import timezone

from articles.editing.bulk_edit import MOST
from articles.models import Article
from tests.factories import make_article, make_offer, make_topic
from trustsite.models import CacheVersion

pytestmark = pytest.mark.django_db
LIST, TOGETHER = "/admin/articles/article/", "/admin/articles/article/together/"
OFFER = "Lead.\n\n## One\n\nWords.\n\n## Two\n\n:::offer online-therapy\n\nWords."
BROKEN = "See [nothing](/articles/nothing/)."


@pytest.fixture
def editor(client):
    """Log in somebody who may publish."""
    return log_in(client, "Editors")


@pytest.fixture
def writer(client):
    """Log in somebody who may not."""
    return log_in(client, "Writers")


def log_in(client, role):
    call_command("sync_roles", verbosity=0)
    user = User.objects.create_user(role.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


@pytest.fixture
def told(parse, text_of):
    """Return a function that posts a wish and gives what is said of each article."""

    def told(client, *articles, **wish):
        page = client.post(TOGETHER, {"chosen": [one.pk for one in articles]} | wish)
        assert page.status_code == 200
        rows = parse(page).findall(".//div[@class='bulk-edit__table']//tbody/tr")
        return {text_of(row.find("th")): text_of(row.find("td")) for row in rows}

    return told


def say_yes(client, *articles, **wish):
    data = {"chosen": [one.pk for one in articles]} | wish
    seen = client.post(TOGETHER, data).context["seen"]
    return client.post(TOGETHER, data | {"seen": seen, "sure": "yes"}, follow=True)


def states():
    return dict(Article.objects.values_list("title", "state"))


# -- choosing ----------------------------------------------------------------------------------------------------------


def test_the_list_leads_to_a_page_that_asks_what_is_to_change(editor, parse, text_of):
    articles = [make_article(), make_article(state="draft")]
    data = {"action": "change_several", "_selected_action": [one.pk for one in articles]}
    page = parse(editor.post(LIST, data))
    assert "2 articles chosen" in text_of(page.find(".//form[@class='bulk-edit']/p"))
    fields = [field.get("name") for field in page.find(".//form[@class='bulk-edit']").iter()]
    assert {"topic", "state", "withdrawn_note", "affiliate", "forget_check"} <= set(fields)


def test_too_many_at_a_time_are_refused_kindly(editor):
    topic = make_topic()
    Article.objects.bulk_create(
        [Article(slug=f"many-{n}", title="Many", topic=topic) for n in range(MOST + 1)]
    )
    data = {
        "action": "change_several",
        "_selected_action": [Article.objects.first().pk],
        "select_across": "1",
    }
    response = editor.post(LIST, data, follow=True)
    assert f"at most {MOST}" in response.content.decode()


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({}, "Choose what is to change."),
        ({"state": "withdrawn"}, "Say in a line why they are withdrawn"),
        ({"state": "nonsense"}, "Select a valid choice"),
        ({"topic": "0"}, "Select a valid choice"),
    ],
)
def test_a_wish_that_says_nothing_or_nonsense_is_asked_for_again(editor, wish, words):
    article = make_article()
    response = editor.post(TOGETHER, {"chosen": article.pk} | wish)
    assert response.status_code == 422
    assert words in response.content.decode()


def test_a_writer_is_offered_the_steps_of_a_writer(writer):
    make_article(state="draft")
    form = writer.post(TOGETHER, {"chosen": 1, "topic": ""}).context["form"]
    assert [value for value, _ in form.fields["state"].choices] == ["", "draft", "in review"]


# -- what would become of each -----------------------------------------------------------------------------------------


def test_it_says_of_each_what_would_change_and_what_stands_in_its_way(editor, told):
    topic, other = make_topic(title="Here"), make_topic(title="There")
    later = timezone.now() + timedelta(days=2)
    articles = [
        make_article(title="A draft", topic=topic, state="draft", publish_at=None),
        make_article(title="For later", topic=topic, state="in review", publish_at=later),
        make_article(title="There already", topic=other),
        make_article(title="Broken", topic=topic, state="draft", body=BROKEN),
        make_article(title="Withdrawn", topic=topic, state="withdrawn", withdrawn_note="Wrong."),
    ]
    assert told(editor, *articles, topic=other.pk, state="published") == {
        "A draft": "State: Draft → Published. Topic: Here → There.",
        "For later": f"State: In review → Scheduled, for {later:%-d %B %Y, %H:%M} UTC. Topic: Here → There.",
        "There already": "Nothing: it is so already.",
        "Broken": "Stays as it is. Line 1: The link /articles/nothing/ leads to no page that readers can open.",
        "Withdrawn": "State: Withdrawn → Published. Topic: Here → There.",
    }
    assert told(editor, *articles, state="in review")["There already"] == (
        "Stays as it is. “Published” can’t become “In review”."
    )


def test_a_writer_changes_drafts_and_nothing_that_readers_see(writer, told):
    make_topic(title="Here")
    draft, public = make_article(title="A draft", state="draft"), make_article(title="Public")
    due = make_article(title="Checked", state="draft", checked_on=timezone.localdate())
    there = make_topic(title="There")
    assert told(writer, draft, public, topic=there.pk, state="in review") == {
        "A draft": "State: Draft → In review. Topic: Here → There.",
        "Public": "Stays as it is. What readers can see is changed by somebody who may publish.",
    }
    assert told(writer, due, forget_check="on")["Checked"].startswith(
        "Stays as it is. Somebody who may publish"
    )


def test_a_writer_who_posts_a_step_of_an_editor_is_refused(writer):
    draft = make_article(state="draft")
    assert (
        writer.post(TOGETHER, {"chosen": draft.pk, "state": "published", "sure": "yes"}).status_code
        == 422
    )
    assert set(states().values()) == {"draft"}


def test_offers_are_allowed_and_forbidden_by_the_rules_of_one_article(editor, told):
    make_offer()
    holding = make_article(title="Holding", body=OFFER, affiliate=True)
    plain, safe = make_article(title="Plain"), make_article(title="Safe", safety=True)
    assert told(editor, holding, plain, affiliate="no") == {
        "Holding": "Stays as it is. Line 9: This article may hold no offer: take “:::offer” out, or allow it below.",
        "Plain": "Nothing: it is so already.",
    }
    assert told(editor, plain, safe, affiliate="yes") == {
        "Plain": "It may hold an offer.",
        "Safe": "Stays as it is. What the page may hold: A page with the help panel at its top holds no offer.",
    }


def test_looking_changes_nothing(editor, told):
    article = make_article(state="draft")
    before = Article.objects.values().get()
    told(editor, article, state="published", affiliate="yes", topic=make_topic().pk)
    assert Article.objects.values().get() == before
    assert article.history.count() == 1


# -- saying yes --------------------------------------------------------------------------------------------------------


def test_yes_changes_those_that_can_and_says_how_many(editor):
    good, broken = (
        make_article(title="Good", state="draft", publish_at=None),
        make_article(title="Broken", state="draft", body=BROKEN),
    )
    response = say_yes(editor, good, broken, state="published")
    assert "1 article changed. 1 stayed as they were." in response.content.decode()
    assert states() == {"Good": "published", "Broken": "draft"}
    assert editor.get(f"/articles/{good.slug}/").status_code == 200


def test_each_has_its_history_its_log_and_renewed_pages(editor):
    articles = [make_article(), make_article()]
    topic, before = make_topic(title="There"), CacheVersion.objects.get().number
    say_yes(editor, *articles, topic=topic.pk)
    for article in articles:
        state = article.history.first()
        assert (state.topic, state.history_user.username) == (topic, "editors")
    assert CacheVersion.objects.get().number >= before + 2
    logged = User.objects.get().logentry_set.values_list("change_message", flat=True)
    assert [text.startswith("With others: Topic: ") for text in logged] == [True, True]


def test_withdrawing_gives_each_its_reason_and_day(editor):
    article = make_article(updated_at=timezone.now() - timedelta(days=90), body=BROKEN)
    say_yes(
        editor, article, state="withdrawn", withdrawn_note="Two studies it rests on were retracted."
    )
    page = editor.get(article.get_absolute_url())
    assert page.status_code == 410
    assert "Two studies it rests on were retracted." in page.content.decode()
    article.refresh_from_db()
    assert article.updated_at.date() == timezone.localdate()


def test_forgetting_a_check_makes_it_due(editor):
    article = make_article(checked_on=timezone.localdate(), checked_by="Ann, psychologist")
    say_yes(editor, article, forget_check="on")
    article.refresh_from_db()
    assert (article.checked_on, article.checked_by, article.checked_text) == (None, "", "")


def test_a_yes_counts_only_for_what_was_shown(editor):
    article = make_article(state="draft")
    data = {"chosen": article.pk, "state": "published"}
    seen = editor.post(TOGETHER, data).context["seen"]
    article.title = "Saved by somebody meanwhile"
    article.save()
    response = editor.post(TOGETHER, data | {"seen": seen, "sure": "yes"})
    assert "Something has changed since you looked." in response.content.decode()
    assert set(states().values()) == {"draft"}
    for unseen in ({}, {"seen": "0" * 32}):
        editor.post(TOGETHER, data | {"sure": "yes"} | unseen)
    assert set(states().values()) == {"draft"}


def test_when_one_fails_none_is_changed(editor, monkeypatch):
    first, second = make_article(state="draft"), make_article(state="draft")
    save = Article.save

    def failing(self, *args, **kwargs):
        if self.pk == second.pk:
            raise RuntimeError
        save(self, *args, **kwargs)

    monkeypatch.setattr(Article, "save", failing)
    with pytest.raises(RuntimeError):
        say_yes(editor, first, second, state="published")
    assert set(states().values()) == {"draft"}


def test_it_opens_for_nobody_without_the_right_and_by_no_link(client, editor):
    assert editor.get(TOGETHER).status_code == 405
    log_in(client, "Reviewers")
    assert client.post(TOGETHER, {"chosen": 1, "state": "published"}).status_code == 403


def test_a_preview_of_many_asks_in_proportion(editor, django_assert_max_num_queries):
    topic = make_topic()
    articles = [make_article(state="draft") for _ in range(20)]
    with django_assert_max_num_queries(20 + 8 * len(articles)):
        editor.post(TOGETHER, {"chosen": [one.pk for one in articles], "topic": topic.pk})
