"""The digest: one mail in the morning to who works at the desk, of what waits for them; stopped by one button."""

import logging
from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail

from accounts.digest import sending
from articles.models import Article, ReviewNote, Snippet
from newsletter.models import Delivery, Letter, Subscriber
from operations import owner_mail
from tests.factories import make_article, make_letter, make_page, make_topic
from trustsite import roles
from trustsite.models import DeskDigest

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 27, 8, tzinfo=UTC)
MONDAY = FRIDAY + timedelta(days=3)
FRESH = FRIDAY.date() - timedelta(days=30)


@pytest.fixture
def clock(monkeypatch):
    """Set what time it is; it is Friday morning."""

    def clock(moment):
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
        monkeypatch.setattr(sending, "_not_before", -sending.LOOK_EVERY)

    clock(FRIDAY)
    return clock


@pytest.fixture
def somebody(clock):
    """Return a function that makes somebody of a role who works at the desk."""
    known = list(Permission.objects.select_related("content_type"))

    def somebody(role, name="", **over):
        name = name or role.lower()
        values = {"email": f"{name}@desk.example", "is_staff": True} | over
        user = User.objects.create_user(name, **values)
        of_role = roles.permissions(role)
        granted = [
            one for one in known if f"{one.content_type.app_label}.{one.codename}" in of_role
        ]
        user.user_permissions.set(granted)
        return user

    return somebody


def article(title, **over):
    values = {"title": title, "publish_at": FRIDAY - timedelta(days=500), "checked_on": FRESH}
    return make_article(**values | over)


@pytest.fixture
def something(clock):
    """One thing of each sort."""
    make_topic()
    due = FRIDAY.date() - timedelta(days=400)
    article("Long unchecked", checked_on=due, slug="long-unchecked")
    article("Never checked", checked_on=None)
    article("Fresh")
    article("Leads astray", body="[One](/articles/nowhere/).")
    article("A draft that leads astray", body="[One](/articles/nowhere/).", state="draft")
    article("At noon", publish_at=FRIDAY + timedelta(hours=4))
    article("Tomorrow", publish_at=FRIDAY + timedelta(days=1))
    make_page(slug="a-page", title="A page astray", body="[One](/nowhere/).")
    Snippet.objects.create(key="s", title="A snippet astray", body="[One](/nowhere/).")
    make_letter(subject="A quiet week", state="scheduled", send_at=FRIDAY + timedelta(hours=2))


def send_all():
    """Do what the worker does until nobody is due; return the mails by who got them."""
    mail.outbox = []
    for _ in range(20):
        sending.follow()
    return {message.to[0].partition("@")[0]: message for message in mail.outbox}


def test_an_editor_is_told_what_is_due_leads_nowhere_and_goes_out_today(
    somebody, something, settings
):
    editor = somebody("Editors")
    note = Article.objects.get(title="Fresh").notes.create(author=editor, text="Is this so?")
    note.answers.create(article=note.article, text="It is.")
    message = send_all()["editors"]
    assert message.subject == "The desk on Friday 27 November"
    assert message.to == ["editors@desk.example"]
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert message.extra_headers["Message-ID"].endswith(
        f"@{settings.FROM_EMAIL.partition('@')[2]}>"
    )
    lines = [line for line in message.body.splitlines() if line and not line.startswith("  http")]
    assert lines[2:-3] == [
        "To be checked",
        "- “Long unchecked”: due since 24 October 2026",
        "- “Never checked”: nobody has checked it yet",
        "Notes for you",
        "- “Fresh”: a note waits for you",
        "Links that lead nowhere",
        "- “Leads astray”",
        "- “A page astray”",
        "- “A snippet astray”",
        "Today",
        "- “At noon” goes public at 12:00 UTC",
        "- The letter “A quiet week” goes out at 10:00 UTC",
    ]
    assert "/admin/account/#morning-mail" in message.body
    assert "review/#notes" in message.body


@pytest.mark.parametrize(
    ("role", "headings"),
    [
        ("Editors", ["To be checked", "Links that lead nowhere", "Today"]),
        ("Reviewers", ["To be checked", "Today"]),
        ("Writers", ["Today"]),
        ("List managers", ["Today"]),
    ],
)
def test_each_is_told_what_they_can_do_something_about(somebody, something, role, headings):
    name = role.lower().replace(" ", "-")
    somebody(role, name)
    body = send_all()[name].body
    known = ("To be checked", "Notes for you", "Links that lead nowhere", "Today")
    assert [line for line in body.splitlines() if line in known] == headings
    assert ("At noon" in body) == (role != "List managers")
    assert ("A quiet week" in body) == (role != "Reviewers")


def test_who_has_nothing_waiting_hears_nothing(somebody):
    somebody("Editors")
    assert send_all() == {}
    assert DeskDigest.objects.get().done_on == FRIDAY.date()


def test_it_goes_to_who_works_here_has_an_address_and_to_nobody_on_the_list(somebody, something):
    Subscriber.objects.create(address="reader@example.org", state="confirmed", wording="test")
    somebody("Editors")
    somebody("Editors", "gone", is_active=False)
    somebody("Editors", "reader", is_staff=False)
    somebody("Editors", "nameless", email="")
    assert list(send_all()) == ["editors"]
    assert not Delivery.objects.exists()


def test_one_a_day_at_most_and_the_same_again_on_mondays_alone(somebody, something, clock):
    somebody("Editors")
    Article.objects.filter(title__in=["At noon", "Tomorrow"]).delete()
    Letter.objects.all().delete()
    assert list(send_all()) == ["editors"]
    article("Also long unchecked", checked_on=None)
    assert send_all() == {}  # today
    clock(FRIDAY + timedelta(days=1))
    assert "Also long unchecked" in send_all()["editors"].body  # something else to say
    clock(FRIDAY + timedelta(days=2))
    assert send_all() == {}  # the same as yesterday
    clock(MONDAY)
    assert list(send_all()) == ["editors"]


@pytest.mark.parametrize(("takes_the_day", "mails"), [(True, 1), (False, 2)])
def test_two_workers_send_one_and_would_send_two_if_the_day_were_not_taken(
    somebody, something, monkeypatch, takes_the_day, mails
):
    somebody("Editors")
    compose = sending.compose

    def while_another_sends(user, day):
        monkeypatch.setattr(sending, "compose", compose)
        assert sending.send_next(FRIDAY)
        if not takes_the_day:
            DeskDigest.objects.update(done_on=None)
        return compose(user, day)

    monkeypatch.setattr(sending, "compose", while_another_sends)
    assert list(send_all()) == ["editors"]
    assert len(mail.outbox) == mails


@pytest.mark.parametrize(("hour", "comes"), [(3, False), (6, False), (7, True), (12, False)])
def test_it_comes_in_the_morning_of_the_sites_own_zone(
    somebody, something, clock, settings, hour, comes
):
    somebody("Editors")
    clock(FRIDAY.replace(hour=hour))
    assert bool(send_all()) == comes
    settings.TIME_ZONE = "Pacific/Auckland"
    clock(datetime(2026, 12, 3, 19, tzinfo=UTC))  # eight in the morning of the day after
    assert "Friday 4 December" in send_all()["editors"].subject


# -- stopping it -------------------------------------------------------------------------------------------------------


def test_one_button_on_the_page_of_the_login_stops_it_and_lets_it_come_again(
    somebody, something, client, clock
):
    user = somebody("Editors")
    client.force_login(user)
    page = client.get("/admin/account/").content.decode()
    assert 'id="morning-mail"' in page
    assert "Stop this mail" in page
    answer = client.post("/admin/account/digest/", {"stop": "1"}, follow=True)
    assert "You get no morning mail any more." in answer.content.decode()
    assert send_all() == {}
    client.post("/admin/account/digest/")
    clock(FRIDAY)
    assert list(send_all()) == ["editors"]


def test_looking_at_the_page_stops_nothing(somebody, client):
    client.force_login(somebody("Editors"))
    assert client.get("/admin/account/digest/").status_code == 405
    client.logout()
    assert client.post("/admin/account/digest/", {"stop": "1"}).status_code == 302
    assert not DeskDigest.objects.filter(is_off=True).exists()


# -- when it can't be sent ---------------------------------------------------------------------------------------------


@pytest.fixture
def failing(monkeypatch):
    """Let the mail server fail, in a way of its own."""

    def failing(error):
        def fail(digest):
            raise error

        monkeypatch.setattr(sending, "_send", fail)

    return failing


REFUSED = SMTPRecipientsRefused({"editors@desk.example": (550, b"no such user")})


def test_a_failure_is_tried_again_some_times_and_then_not_before_the_next_morning(
    somebody, something, failing, clock, monkeypatch
):
    somebody("Editors")
    with monkeypatch.context() as broken:
        broken.setattr(sending, "_send", lambda digest: (_ for _ in ()).throw(REFUSED))
        tried = []
        for minutes in range(0, 230, 10):
            clock(FRIDAY.replace(hour=7) + timedelta(minutes=minutes))
            row = DeskDigest.objects.first()
            before = row.tries if row else 0
            send_all()
            row = DeskDigest.objects.get()
            if row.tries != before or (row.done_on and tried[-1:] != ["over"]):
                tried.append("over" if row.done_on else row.tries)
    assert tried == [1, 2, 3, "over"]
    clock(FRIDAY + timedelta(days=1))
    assert list(send_all()) == ["editors"]
    assert DeskDigest.objects.get().trouble == ""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (REFUSED, "refuses the address"),
        (SMTPServerDisconnected("at editors@desk.example"), "did not take it"),
        (ConnectionRefusedError("no"), "did not take it"),
        (ValueError("editors@desk.example"), "could not be put together"),
    ],
)
def test_whose_failed_is_told_to_who_looks_after_people_and_the_others_get_theirs(
    somebody, something, failing, client, caplog, error, words
):
    somebody("Editors")
    owner = somebody("Owners")
    failing(error)
    with caplog.at_level(logging.DEBUG):
        send_all()
    assert DeskDigest.objects.exclude(trouble="").count() == 2
    assert "@desk.example" not in caplog.text
    client.force_login(owner)
    page = client.get("/admin/").content.decode()
    assert "The morning mail to editors could not be sent" in page
    assert words in page
    client.force_login(User.objects.get(username="editors"))
    assert "The morning mail to" not in client.get("/admin/").content.decode()
    assert any("2 of the morning mails" in line for line in owner_mail._desk_mail())


def test_a_part_that_breaks_costs_one_mail_and_no_round_of_the_worker(
    somebody, something, monkeypatch, caplog
):
    somebody("Editors")
    somebody("Writers")
    compose = sending.compose

    def broken(user, day):
        if user.username == "editors":
            raise KeyError("what")
        return compose(user, day)

    monkeypatch.setattr(sending, "compose", broken)
    assert list(send_all()) == ["writers"]
    assert caplog.text.count("did not leave") == 1


def test_it_costs_a_question_a_minute_when_nobody_is_due(
    somebody, django_assert_num_queries, clock
):
    somebody("Editors")
    send_all()
    clock(FRIDAY)
    with django_assert_num_queries(1):
        for _ in range(5):
            sending.follow()


def test_notes_that_are_settled_wait_for_nobody(somebody):
    editor = somebody("Editors")
    on = article("Fresh")
    note = ReviewNote.objects.create(article=on, author=editor, text="Is this so?")
    note.answers.create(article=on, text="It is.")
    ReviewNote.objects.filter(pk=note.pk).update(settled_at=FRIDAY)
    assert send_all() == {}
