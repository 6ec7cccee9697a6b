"""The list manager's pages about people: found by address, brought in and taken out as files."""

import csv
import io
import json
from datetime import timedelta

import html5lib
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from newsletter import hashing, suppression
from newsletter.list_files import jobs
from newsletter.list_files.importing import Outcome
from newsletter.models import Bounce, Delivery, ListJob, Subscriber, Suppression
from tests.factories import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db
LIST = "/admin/newsletter/subscriber/"
BASIS = "on paper, at our stall in Leeds, in May 2026"


def page(response):
    return html5lib.parse(response.content.decode(), namespaceHTMLElements=False)


def text(response):
    return " ".join("".join(page(response).itertext()).split())


@pytest.fixture
def staff(admin_client):
    return admin_client


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.LIST_FILES = tmp_path / "list-files"


@pytest.fixture
def upload(staff):
    """Upload a file, as far as the page that asks for a word."""

    def upload(content, **over):
        fields = {"import_file": SimpleUploadedFile("list.csv", content.encode()), "basis": BASIS}
        response = staff.post(f"{LIST}import/", fields | over, follow=True)
        jobs.run_all()
        return staff.get(response.request["PATH_INFO"]) if response.redirect_chain else response

    return upload


def say(shown, staff, **word):
    """Answer the page that asks for a word."""
    where = shown.request["PATH_INFO"]
    said = staff.post(where, word, follow=True)
    jobs.run_all()
    return said if messages_of(said) else staff.get(where)


def messages_of(response):
    return page(response).find(".//ul[@class='messagelist']") is not None


def hidden(response):
    """The fields that the page hands back."""
    found = page(response).findall(".//div[@class='sending']//input[@type='hidden']")
    return {
        one.get("name"): one.get("value", "")
        for one in found
        if one.get("name") != "csrfmiddlewaretoken"
    }


def addresses():
    return sorted(Subscriber.objects.values_list("address", flat=True))


# -- finding somebody --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["ann@example.org", " Ann@EXAMPLE.org "])
def test_a_person_is_found_by_address_and_no_address_stands_in_the_address_bar(staff, typed):
    person = make_subscriber(address="ann@example.org")
    response = staff.post(f"{LIST}find/", {"address": typed})
    assert response.headers["Location"] == f"{LIST}{person.pk}/change/"


def test_nobody_found_says_so_and_whether_they_may_be_written_to(staff):
    assert "Nobody on the list has that address." in text(
        staff.post(f"{LIST}find/", {"address": "b@c.org"}, follow=True)
    )
    suppression.suppress(hashing.fingerprint("b@c.org"), Suppression.Reason.COMPLAINED)
    response = staff.post(f"{LIST}find/", {"address": "b@c.org"}, follow=True)
    assert "It is not to be written to: Marked a mail as unwanted" in text(response)


def test_what_is_no_address_is_said_kindly(staff):
    response = staff.post(f"{LIST}find/", {"address": "nobody"}, follow=True)
    assert "Please check the address." in text(response)
    assert staff.get(f"{LIST}find/").status_code == 405


def test_a_persons_page_shows_what_they_agreed_to_and_when(staff):
    person = make_subscriber(address="ann@example.org", wording="", basis=BASIS)
    said = text(staff.get(f"{LIST}{person.pk}/change/"))
    assert BASIS in said
    assert f"{timezone.localdate():%-d %B %Y}" in said
    assert "How their mails fared" in said


def test_the_way_to_a_persons_mails_shows_theirs_alone(staff):
    row = make_delivery()
    make_delivery()
    link = f"/admin/newsletter/delivery/?subscriber__id__exact={row.subscriber_id}"
    assert len(page(staff.get(link)).findall(".//table[@id='result_list']/tbody/tr")) == 1


def test_the_list_is_filtered_by_where_the_consent_came_from(staff):
    make_subscriber(address="ann@example.org", basis=BASIS)
    make_subscriber(address="bob@example.org")
    said = text(staff.get(f"{LIST}?basis__isempty=0"))
    assert "ann@example.org" in said
    assert "bob@example.org" not in said


# -- bringing people in ------------------------------------------------------------------------------------------------


def test_people_are_looked_through_first_and_brought_in_on_a_second_word(staff, upload, mailoutbox):
    shown = upload("address\nann@example.org\nbob@Example.ORG\nnobody\n")
    said = text(shown)
    assert "come in2line 2: ann@example.org" in said
    assert "can’t be read1line 4: That isn’t an address" in said
    assert BASIS in said
    assert addresses() == []
    done = text(say(shown, staff))
    assert "Done" in done
    assert addresses() == ["ann@example.org", "bob@example.org"]
    assert not Delivery.objects.exists()


def test_they_stand_on_the_list_as_confirmed_with_the_basis_and_the_day(staff, upload):
    content = "Name,Post,When\nAnn,ann@example.org,2026-05-03\n"
    assert "There is no column with addresses that we know." in text(upload(content))
    say(upload(content, address_column="post", day_column="When"), staff)
    [person] = Subscriber.objects.all()
    assert (person.state, person.wants_letters, person.basis, person.wording) == (
        "confirmed",
        True,
        BASIS,
        "",
    )
    assert f"{person.asked_at:%Y-%m-%d}" == "2026-05-03"
    assert person.confirmed_at == person.asked_at
    assert person.fingerprint == hashing.fingerprint("ann@example.org")
    assert len(person.public_id) == 22


def test_who_must_not_be_written_to_or_is_known_is_left_out_and_counted(staff, upload, settings):
    settings.BLOCKED_DOMAINS = ["blocked.example"]
    suppression.suppress(hashing.fingerprint("left@example.org"), Suppression.Reason.UNSUBSCRIBED)
    known = make_subscriber(address="known@example.org", wants_letters=False)
    content = "address\nleft@example.org\nKnown@example.org\nann@example.org\nANN@example.org\nx@blocked.example\n"
    shown = upload(content)
    for outcome in (Outcome.REFUSED, Outcome.KNOWN, Outcome.REPEATED, Outcome.BLOCKED):
        assert f"{outcome.label}1" in text(shown)
    say(shown, staff)
    assert addresses() == ["ann@example.org", "known@example.org"]
    known.refresh_from_db()
    assert (known.wants_letters, known.basis) == (False, "")


def test_a_column_that_looks_like_a_state_is_looked_at_first(staff, upload):
    shown = upload("address,newsletter\nann@example.org,never\n")
    assert "please say first" in text(say(shown, staff)).lower()
    assert addresses() == []
    say(shown, staff, looked_at="on")
    assert addresses() == ["ann@example.org"]


def test_without_a_basis_nobody_is_taken_in_and_the_form_says_so(upload):
    said = text(upload("address\nann@example.org\n", basis=" "))
    assert "Without it there is no leave to write to anybody." in said
    assert not ListJob.objects.exists()


def test_bad_lines_are_a_file_to_take_away(staff, upload):
    upload("address\nann@example.org\nnobody\n")
    job = ListJob.objects.get()
    answer = staff.get(f"{LIST}import/{job.pk}/problems.csv")
    assert answer.content.decode().splitlines()[1].startswith("3,")


def test_a_file_can_be_thrown_away(staff, upload):
    assert "Thrown away" in text(say(upload("address\nann@example.org\n"), staff, drop="on"))
    assert addresses() == []


def test_the_history_says_who_brought_in_how_many_and_no_address(staff, upload, log):
    say(upload("address\nann@example.org\n"), staff)
    [entry] = LogEntry.objects.all()
    assert entry.change_message == f"A file of 1 entries: {BASIS}."
    assert "ann@" not in entry.object_repr + entry.change_message + log.getvalue()


# -- taking the list out -----------------------------------------------------------------------------------------------


def export(staff, chosen, query=""):
    return staff.post(f"{LIST}export/{query}", {"format": chosen})


def test_the_file_has_status_dates_consent_and_returned_mail(staff):
    person = make_subscriber(
        address="ann@example.org", wants_letters=True, wording="2026-11", basis=BASIS
    )
    Bounce.objects.create(fingerprint=person.fingerprint, kind="soft", event="1")
    Bounce.objects.create(fingerprint=person.fingerprint, kind="soft", event="2")
    response = export(staff, "csv")
    [row] = csv.DictReader(io.StringIO(response.getvalue().decode()))
    assert row == {
        "address": "ann@example.org",
        "status": "Confirmed",
        "wants the letters": "yes",
        "agreed to the letters": "",
        "asked": person.asked_at.isoformat(),
        "confirmed": person.confirmed_at.isoformat(),
        "wording agreed to": "2026-11",
        "consent given elsewhere": BASIS,
        "guide sent": "",
        "paused until": "",
        "mail came back": "",
        "returned mail": "2 × Did not take the mail for now",
        "must not be written to": "",
    }
    assert "attachment" in response.headers["Content-Disposition"]
    assert (
        response.headers["Cache-Control"] == "no-store"
        or "no-store" in response.headers["Cache-Control"]
    )


def test_it_can_be_had_as_json_and_as_the_list_was_filtered(staff):
    make_subscriber(address="ann@example.org", state="pending")
    make_subscriber(address="bob@example.org")
    found = json.loads(export(staff, "json", "?state__exact=confirmed").getvalue())
    assert [row["address"] for row in found] == ["bob@example.org"]


@pytest.mark.parametrize("query", ["?kind__exact=x", "?state__nope=1", "?asked_at__gte=never"])
def test_a_filter_that_is_none_takes_nothing_out_and_leads_to_the_list(staff, query):
    for response in (export(staff, "csv", query), staff.get(f"{LIST}export/{query}")):
        assert (response.status_code, response.headers["Location"]) == (302, LIST)


def test_what_a_spreadsheet_would_take_for_a_formula_is_text(staff):
    make_subscriber(basis="=cmd|' /C calc'!A0")
    [row] = csv.DictReader(io.StringIO(export(staff, "csv").getvalue().decode()))
    assert not row["consent given elsewhere"].startswith("=")


def test_the_history_says_who_took_out_how_many(staff, log):
    make_subscriber(address="ann@example.org")
    export(staff, "csv")
    [entry] = LogEntry.objects.all()
    assert entry.change_message == "1 taken out as CSV."
    assert "ann@" not in log.getvalue()


def test_looking_at_the_page_takes_nothing_out(staff):
    make_subscriber(address="ann@example.org")
    assert "ann@" not in text(staff.get(f"{LIST}export/"))
    assert not LogEntry.objects.exists()


# -- who may -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["import/", "export/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_only_look_brings_nothing_in_and_takes_nothing_out(client, way, method):
    make_subscriber()
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_subscriber"))
    client.force_login(looker)
    assert getattr(client, method)(f"{LIST}{way}").status_code == 403
    assert "Bring in a list" not in text(client.get(LIST))
    assert "Take out the list" not in text(client.get(LIST))


# -- the outbox as a whole ---------------------------------------------------------------------------------------------


def test_all_sending_is_paused_and_goes_on_by_a_button(staff, work, mailoutbox):
    make_delivery()
    outbox = "/admin/newsletter/delivery/"
    assert "All sending is paused since" in text(staff.post(f"{outbox}pause/", follow=True))
    work()
    assert mailoutbox == []
    staff.post(f"{outbox}resume/")
    work()
    assert len(mailoutbox) == 1
    assert [entry.object_repr for entry in LogEntry.objects.all()] == ["The outbox", "The outbox"]
    assert staff.get(f"{outbox}pause/").status_code == 405


def test_failed_mail_is_counted_above_the_list(staff):
    make_delivery(state="failed")
    make_delivery(state="failed", changed_at=timezone.now() - timedelta(days=8))
    make_delivery(state="unknown")
    assert "1 failed, 1 unsure" in text(staff.get("/admin/newsletter/delivery/"))


def test_who_may_only_look_cannot_pause(client):
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_delivery"))
    client.force_login(looker)
    assert client.post("/admin/newsletter/delivery/pause/").status_code == 403
