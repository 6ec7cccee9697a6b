"""The list manager's pages."""

import html5lib
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User

from newsletter.admin.deliveries import REASONS
from newsletter.models import Delivery, Heartbeat, Subscriber, Suppression
from tests.factories import make_delivery, make_letter, make_subscriber

pytestmark = pytest.mark.django_db
LIST = "/admin/newsletter/delivery/"


@pytest.fixture
def staff(admin_client):
    Heartbeat.beat()
    return admin_client


def text(response):
    return " ".join(
        "".join(html5lib.parse(response.content, namespaceHTMLElements=False).itertext()).split()
    )


def send_again(client, *rows):
    values = {"action": "send_again", "_selected_action": [row.pk for row in rows]}
    return client.post(LIST, values, follow=True)


def test_the_list_of_people_shows_who_wants_what(staff):
    make_subscriber(address="ann@example.org", wants_letters=True)
    assert "ann@example.org" in text(staff.get("/admin/newsletter/subscriber/"))


def test_people_cannot_be_typed_in_or_changed(staff):
    person = make_subscriber(address="ann@example.org")
    assert staff.get("/admin/newsletter/subscriber/add/").status_code == 403
    staff.post(f"/admin/newsletter/subscriber/{person.pk}/change/", {"address": "bob@example.org"})
    assert Subscriber.objects.get().address == "ann@example.org"


@pytest.mark.parametrize("many", [False, True])
def test_erasing_somebody_leaves_the_hash_and_no_address_in_the_history(staff, many):
    person = make_subscriber(address="ann@example.org")
    make_delivery(subscriber=person)
    if many:
        values = {"action": "delete_selected", "_selected_action": [person.pk], "post": "yes"}
        response = staff.post("/admin/newsletter/subscriber/", values, follow=True)
    else:
        response = staff.post(
            f"/admin/newsletter/subscriber/{person.pk}/delete/", {"post": "yes"}, follow=True
        )
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == "erased"
    assert LogEntry.objects.exists()
    assert "ann" not in "".join(
        f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.all()
    )
    assert "ann@" not in text(response)


def test_there_are_plain_words_for_every_state():
    assert set(REASONS) == set(Delivery.State)


def test_a_failed_mail_shows_what_happened(staff):
    make_delivery(state="failed", smtp_reply="550 5.1.1 no such user")
    said = text(staff.get(LIST))
    assert "It can't be delivered." in said
    assert "550 5.1.1 no such user" in said


@pytest.mark.parametrize("state", ["failed", "unknown", "sent"])
def test_a_finished_mail_can_be_sent_again(staff, work, mailoutbox, state):
    row = make_delivery(state=state)
    assert "1 put into the queue" in text(send_again(staff, row))
    work()
    assert [message.to for message in mailoutbox] == [[row.subscriber.address]]
    assert LogEntry.objects.get().object_repr == f"Delivery {row.pk}"


@pytest.mark.parametrize(
    ("state", "buttons"), [("failed", 1), ("unknown", 1), ("sent", 1), ("queued", 0), ("held", 0)]
)
def test_one_press_sends_a_finished_mail_again_and_stays_at_the_filtered_list(
    staff, state, buttons
):
    make_delivery(state=state)
    here = f"{LIST}?state__exact={state}"
    page = html5lib.parse(staff.get(here).content.decode(), namespaceHTMLElements=False)
    found = page.findall(".//form[@id='changelist-form']//td/button")
    assert len(found) == buttons
    for button in found:
        response = staff.post(
            button.get("formaction"), headers={"referer": f"http://testserver{here}"}
        )
        assert response.headers["Location"] == here
        assert Delivery.objects.get().state == "queued"


def test_a_mail_is_not_sent_again_by_following_a_link(staff):
    row = make_delivery(state="failed")
    assert staff.get(f"{LIST}{row.pk}/again/").status_code == 405
    assert Delivery.objects.get().state == "failed"


@pytest.mark.parametrize(
    "referer", ["https://elsewhere.example/?a=b", "http://testserver/admin/?a=b", ""]
)
def test_sending_again_leads_nowhere_else(staff, referer):
    row = make_delivery(state="failed")
    assert (
        staff.post(f"{LIST}{row.pk}/again/", headers={"referer": referer}).headers["Location"]
        == LIST
    )


def test_the_mail_of_a_letter_that_has_gone_out_can_be_sent_again(staff, work, mailoutbox):
    letter = make_letter(
        state="sent", sent_subject="A letter", sent_html="<p>Hello.</p>", sent_text="Hello.\n"
    )
    row = make_delivery(
        kind="letter", letter=letter, state="failed", subscriber=make_subscriber(wants_letters=True)
    )
    send_again(staff, row)
    work()
    assert [message.subject for message in mailoutbox] == ["A letter"]


def test_a_mail_on_its_way_is_not_doubled(staff):
    row = make_delivery(state="sending")
    assert "0 put into the queue" in text(send_again(staff, row))
    assert Delivery.objects.get().state == "sending"


def test_a_worker_that_does_not_run_is_shown_with_its_trouble(admin_client, clock):
    assert "No mail is being sent: the worker has never run." in text(admin_client.get(LIST))
    Heartbeat.beat("The mail server does not let us in: 535")
    assert "No mail is being sent" not in text(admin_client.get(LIST))
    clock(minutes=2)
    assert "The mail server does not let us in: 535" in text(admin_client.get(LIST))


@pytest.mark.parametrize("path", ["subscriber/", "delivery/", "delivery/1/change/"])
def test_an_editor_without_leave_sees_no_address(client, path):
    make_delivery(pk=1, subscriber=make_subscriber(address="ann@example.org"))
    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.set(Permission.objects.filter(content_type__app_label="articles"))
    client.force_login(editor)
    response = client.get(f"/admin/newsletter/{path}")
    assert response.status_code == 403
    assert b"ann@" not in response.content


def test_who_may_only_look_cannot_send_again(client):
    row = make_delivery(state="failed")
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_delivery"))
    client.force_login(looker)
    send_again(client, row)
    assert Delivery.objects.get().state == "failed"
