"""The admin's pages about letters: written, previewed, tested, scheduled, sent, paused and withdrawn."""

from datetime import timedelta

import html5lib
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from newsletter.issues import copies, scheduling
from newsletter.models import Delivery, Heartbeat, Letter
from tests.factories import make_article, make_letter, make_subscriber

pytestmark = pytest.mark.django_db
ADMIN = "/admin/newsletter/letter/"
State = Letter.State


def page(response):
    return html5lib.parse(response.content.decode(), namespaceHTMLElements=False)


def text(response):
    return " ".join("".join(page(response).itertext()).split())


@pytest.fixture
def staff(admin_client, admin_user):
    Heartbeat.beat()
    User.objects.filter(pk=admin_user.pk).update(email="me@site.example")
    return admin_client


@pytest.fixture
def writer(client):
    user = User.objects.create_user("writer", email="writer@site.example", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_letter", "add_letter", "change_letter"])
    )
    client.force_login(user)
    return client


@pytest.fixture
def press(staff):
    """Press a button of a letter's page, and the one that asks once more."""

    def press(letter, step, **fields):
        return staff.post(f"{ADMIN}{letter.pk}/sending/{step}/", fields, follow=True)

    return press


def state(letter):
    return Letter.objects.get(pk=letter.pk).state


def test_the_list_says_and_finds_which_letters_to_come_lead_nowhere(staff):
    soon = timezone.now() + timedelta(days=2)
    make_article(slug="there")
    make_article(slug="by-then", publish_at=timezone.now() + timedelta(days=1))
    both = "[One](/articles/there/?a=b#part), [two](/articles/by-then/), [three](https://other.example/)."
    make_letter(subject="Fine", body=both, state=State.SCHEDULED, send_at=soon)
    make_letter(subject="Too early", body=both)
    make_letter(subject="Astray", body="[A](/nowhere/), [B](/nowhere/), [C](/articles/gone/).")
    make_letter(subject="Gone out", body="[A](/nowhere/).", state=State.SENT)
    rows = {}
    for row in page(staff.get(ADMIN)).iterfind(".//table[@id='result_list']/tbody/tr"):
        cell = row.find("td[@class='field-to_look_at']")
        rows["".join(row.find("th").itertext()).strip()] = "".join(cell.itertext()).strip("- ")
    assert rows == {
        "Fine": "",
        "Too early": "1 link broken",
        "Astray": "2 links broken",
        "Gone out": "",
    }
    listed = staff.get(ADMIN, {"asks": "links"}).context["cl"].result_list
    assert {letter.subject for letter in listed} == {"Too early", "Astray"}


# -- writing -----------------------------------------------------------------------------------------------------------


def test_a_letter_is_written_and_kept(staff):
    staff.post(f"{ADMIN}add/", {"subject": "A quiet week", "body": "Hello."})
    letter = Letter.objects.get()
    assert (letter.subject, letter.body, letter.state) == ("A quiet week", "Hello.", State.DRAFT)
    staff.post(f"{ADMIN}{letter.pk}/change/", {"subject": "A quiet day", "body": "Hello."})
    assert Letter.objects.get().subject == "A quiet day"


def test_a_subject_with_line_breaks_becomes_one_line(staff):
    staff.post(f"{ADMIN}add/", {"subject": "A quiet\r\nBcc: all@site.example", "body": "Hello."})
    assert Letter.objects.get().subject == "A quiet Bcc: all@site.example"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"subject": ""}, "This field is required."),
        ({"subject": "a" * 151}, "at most 150 characters"),
        ({"body": ""}, "This field is required."),
        ({"body": "My words.\n\n:::banner"}, "Line 3: There is no directive “:::banner”."),
        ({"body": "My words.\n\n:::picture path"}, "Line 3: Pictures don’t travel in letters."),
    ],
)
def test_what_cannot_be_sent_is_not_kept_and_nothing_typed_is_lost(staff, fields, said):
    given = {"subject": "A subject", "body": "My words."} | fields
    response = staff.post(f"{ADMIN}add/", given)
    assert said in text(response)
    assert (page(response).find(".//textarea").text or "").strip().replace("\r", "") == given[
        "body"
    ]
    assert page(response).find(".//input[@name='subject']").get("value", "") == given["subject"]
    assert not Letter.objects.exists()


def test_a_scheduled_letter_can_be_read_and_not_edited(staff):
    letter = make_letter(state="scheduled", send_at=timezone.now())
    shown = page(staff.get(f"{ADMIN}{letter.pk}/change/"))
    assert shown.find(".//textarea") is None
    assert shown.find(".//input[@name='_save']") is None
    response = staff.post(
        f"{ADMIN}{letter.pk}/change/", {"subject": "Other", "body": "My other words."}
    )
    assert "isn’t a draft any more" in text(response)
    assert "My other words." in page(response).find(".//textarea").text
    assert Letter.objects.get().subject == "A quiet week"


def test_only_drafts_can_be_deleted(staff):
    draft, sent = make_letter(), make_letter(state="sent")
    assert staff.post(f"{ADMIN}{sent.pk}/delete/", {"post": "yes"}).status_code == 403
    staff.post(f"{ADMIN}{draft.pk}/delete/", {"post": "yes"})
    assert list(Letter.objects.all()) == [sent]


# -- the preview -------------------------------------------------------------------------------------------------------


def test_the_preview_shows_the_mail_and_what_to_mend_and_keeps_nothing(staff, parse, text_of):
    response = staff.post(
        f"{ADMIN}preview/", {"subject": "About trauma", "body": "Hello *you*.\n\n:::quiz"}
    )
    shown = parse(response)
    assert "To mend: The subject says “trauma”." in text_of(shown)
    for frame in shown.findall(".//iframe"):
        inside = parse(frame.get("srcdoc"))
        assert "Hello you." in text_of(inside)
        assert frame.get("sandbox") == ""
    assert "Open the quiz (http://" in text_of(shown.findall(".//pre")[0])
    assert not Letter.objects.exists()


def test_the_preview_may_be_styled_and_framed_and_nothing_else(staff):
    response = staff.post(f"{ADMIN}preview/", {"subject": "A subject", "body": "Hello."})
    policy = response.headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-same-origin"
    )
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "fields", [{}, {"subject": "", "body": ""}, {"body": "<script>alert(1)</script>\n\n:::x"}]
)
def test_half_written_words_can_be_previewed(staff, fields):
    response = staff.post(f"{ADMIN}preview/", fields)
    assert response.status_code == 200
    assert "To mend" in text(response)
    assert b"<script" not in response.content


def test_a_preview_is_made_by_a_button_alone(staff):
    assert staff.get(f"{ADMIN}preview/").status_code == 405


def test_a_letter_that_went_out_is_shown_in_the_words_it_went_out_with(staff, parse, text_of):
    letter = make_letter(
        state="sent", sent_subject="As sent", sent_html="<p>As sent.</p>", sent_text="As sent.\n"
    )
    frame = page(staff.get(f"{ADMIN}{letter.pk}/sending/")).find(".//iframe").get("src")
    assert "As sent. --" in text_of(parse(staff.get(frame)))


# -- sending -----------------------------------------------------------------------------------------------------------


def test_a_test_goes_to_my_own_address_and_its_way_out_does_nothing(press, mailoutbox, client):
    letter = make_letter()
    assert "A test was sent to your own address." in text(press(letter, "test"))
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == (["me@site.example"], "[Test] A quiet week")
    link = mail.extra_headers["List-Unsubscribe"].strip("<>")
    assert link.endswith("/newsletter/unsubscribe/sample/")
    assert link in mail.body
    assert client.post(link.partition("8000")[2]).status_code == 404
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("over", [{"subject": "About trauma"}, {"body": "This will heal you."}])
def test_a_letter_that_is_not_fit_to_go_can_be_tested(press, mailoutbox, over):
    press(make_letter(**over), "test")
    assert len(mailoutbox) == 1


def test_without_an_address_of_my_own_there_is_no_test(press, mailoutbox):
    User.objects.update(email="")
    assert "Your account has no e-mail address" in text(press(make_letter(), "test"))
    assert mailoutbox == []


def test_a_test_that_does_not_go_out_says_why(press, monkeypatch):
    def away(self, mails):
        raise ConnectionRefusedError("no")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", away)
    assert "The test didn’t go out: ConnectionRefusedError" in text(press(make_letter(), "test"))


def test_scheduling_names_the_time_zone_and_the_time(press, staff):
    letter = make_letter()
    assert "Time (UTC)" in text(staff.get(f"{ADMIN}{letter.pk}/sending/"))
    day = timezone.localdate() + timedelta(days=3)
    said = text(press(letter, "schedule", day=day.isoformat(), time="09:30"))
    assert f"Scheduled for {day:%-d %B %Y}, 09:30 UTC." in said
    assert Letter.objects.get().send_at.isoformat() == f"{day.isoformat()}T09:30:00+00:00"
    press(letter, "unschedule")
    assert state(letter) == State.DRAFT


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"day": "soon", "time": "9"}, "Enter a valid date."),
        ({"day": "2020-01-01", "time": "09:00"}, "has passed"),
    ],
)
def test_a_time_that_makes_no_sense_is_said_kindly(press, fields, said):
    letter = make_letter()
    assert said in text(press(letter, "schedule", **fields))
    assert state(letter) == State.DRAFT


def test_sending_asks_once_more_and_says_to_how_many(press):
    make_subscriber(wants_letters=True)
    make_subscriber(wants_letters=True)
    letter = make_letter()
    assert "to 2 people now?" in text(press(letter, "send"))
    assert state(letter) == State.DRAFT
    press(letter, "send", sure="yes")
    assert state(letter) == State.SCHEDULED
    scheduling.start_due()
    copies.settle()
    assert Delivery.objects.count() == 2


def test_pressing_send_in_two_tabs_writes_one_mail_to_each(press):
    make_subscriber(wants_letters=True)
    letter = make_letter()
    press(letter, "send", sure="yes")
    assert "can’t be done with a letter that is scheduled" in text(
        press(letter, "send", sure="yes")
    )
    scheduling.start_due()
    copies.settle()
    press(letter, "send", sure="yes")
    scheduling.start_due()
    copies.settle()
    assert Delivery.objects.count() == 1


def test_words_that_changed_since_a_person_looked_are_not_sent(press, staff):
    letter = make_letter()
    seen = (
        page(staff.get(f"{ADMIN}{letter.pk}/sending/")).find(".//input[@name='seen']").get("value")
    )
    Letter.objects.update(body="Other words.")
    assert "Its words were changed since you looked." in text(
        press(letter, "send", sure="yes", seen=seen)
    )
    assert state(letter) == State.DRAFT


def test_a_blocking_finding_is_shown_and_keeps_the_letter_here(press):
    letter = make_letter(body="See [it](/articles/none/).")
    assert "leads nowhere" in text(press(letter, "send", sure="yes"))
    assert state(letter) == State.DRAFT


def test_paused_resumed_and_withdrawn(press, staff):
    make_subscriber(wants_letters=True)
    letter = make_letter()
    press(letter, "send", sure="yes")
    scheduling.start_due()
    copies.settle()
    assert "The mails in the outbox follow" in text(press(letter, "pause"))
    copies.settle()
    assert "Held back: its letter is paused1" in text(staff.get(f"{ADMIN}{letter.pk}/sending/"))
    assert state(letter) == State.PAUSED
    press(letter, "resume")
    copies.settle()
    assert "Waiting1" in text(staff.get(f"{ADMIN}{letter.pk}/sending/"))
    assert "1 person who was still to get it won’t" in text(press(letter, "withdraw"))
    press(letter, "withdraw", sure="yes")
    assert state(letter) == State.WITHDRAWN
    copies.settle()
    assert Delivery.objects.get().state == Delivery.State.SUPPRESSED


def test_how_far_it_has_got_is_shown(press, staff, work, mailoutbox):
    for _ in range(3):
        make_subscriber(wants_letters=True)
    letter = make_letter()
    press(letter, "send", sure="yes")
    work()
    assert "3 of 3 sent" in text(staff.get(f"{ADMIN}{letter.pk}/sending/"))
    assert "3 of 3" in text(staff.get(ADMIN))


def test_a_letter_that_missed_its_time_says_so(staff):
    letter = make_letter(send_at=timezone.now() - timedelta(hours=2))
    assert "Missed its time." in text(staff.get(ADMIN))
    assert "It didn’t go out" in text(staff.get(f"{ADMIN}{letter.pk}/sending/"))


def test_what_was_done_is_in_the_history_without_addresses(press):
    letter = make_letter()
    press(letter, "test")
    press(letter, "send", sure="yes")
    said = [entry.change_message for entry in LogEntry.objects.order_by("pk")]
    assert said == [
        "A test was sent to your own address. Its links to unsubscribe do nothing.",
        "The worker begins to send it in a moment.",
    ]


# -- who may -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["schedule", "send", "unschedule", "pause", "resume", "withdraw"])
def test_who_only_writes_letters_cannot_send_them(writer, step):
    letter = make_letter()
    fields = {"sure": "yes", "day": "2099-01-01", "time": "09:00"}
    assert writer.post(f"{ADMIN}{letter.pk}/sending/{step}/", fields).status_code == 403
    assert "Somebody who may send letters" in text(writer.get(f"{ADMIN}{letter.pk}/sending/"))


def test_who_writes_letters_can_test_them(writer, mailoutbox):
    writer.post(f"{ADMIN}{make_letter().pk}/sending/test/")
    assert [mail.to for mail in mailoutbox] == [["writer@site.example"]]


def test_nothing_is_done_by_following_a_link(staff):
    letter = make_letter()
    for step in ("test", "schedule", "send", "unschedule", "pause", "resume", "withdraw"):
        assert staff.get(f"{ADMIN}{letter.pk}/sending/{step}/").status_code == 405
    assert staff.post(f"{ADMIN}{letter.pk}/sending/other/").status_code == 404


@pytest.mark.parametrize(
    "path", ["", "add/", "1/sending/", "1/look/", "mails/", "mails/confirm/", "mails/confirm/look/"]
)
def test_who_has_no_leave_sees_none_of_it(client, path):
    make_letter(pk=1)
    client.force_login(User.objects.create_user("reader", is_staff=True))
    assert client.get(f"{ADMIN}{path}").status_code == 403


# -- every mail --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Delivery.Kind)
def test_every_mail_can_be_looked_at(staff, parse, text_of, kind):
    frame = page(staff.get(f"{ADMIN}mails/{kind}/")).find(".//iframe")
    look = parse(staff.get(frame.get("src")))
    assert "reader@example.org" in text_of(look)
    assert len(look.findall(".//iframe")) == 2
    assert text_of(parse(look.find(".//iframe").get("srcdoc"))).count("{{") == 0
    assert look.find(".//pre").text.strip()


def test_looking_at_mails_keeps_nothing_and_their_links_act_on_nobody(staff, client, dump):
    before = dump()
    for kind in Delivery.Kind:
        said = text(staff.get(f"{ADMIN}mails/{kind}/look/"))
        for word in said.split():
            if "/newsletter/" in word:
                client.post("/newsletter/" + word.strip("<>,.").partition("/newsletter/")[2])
    assert dump() == before


def test_the_list_of_mails_names_each_with_its_subject(staff):
    said = text(staff.get(f"{ADMIN}mails/"))
    assert all(kind.label in said for kind in Delivery.Kind)
    assert "Please confirm your e-mail" in said
    assert staff.get(f"{ADMIN}mails/other/").status_code == 404
