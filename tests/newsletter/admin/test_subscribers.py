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
from newsletter.admin import subscriber_import
from newsletter.models import Bounce, Delivery, Subscriber, Suppression
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


@pytest.fixture
def preview_import(staff):
    """Upload a file, as far as the page that asks for confirmation."""

    def preview_import(content, **over):
        data = content if isinstance(content, bytes) else content.encode()
        fields = {"import_file": SimpleUploadedFile("list.csv", data)}
        fields |= {"basis": BASIS, "address_column": "address", "day_column": ""} | over
        return staff.post(f"{LIST}import/", fields)

    return preview_import


@pytest.fixture
def import_file(staff, preview_import):
    """Upload a file and confirm it."""

    def import_file(content, **over):
        return staff.post(
            f"{LIST}process_import/", hidden(preview_import(content, **over)), follow=True
        )

    return import_file


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


def test_people_are_looked_through_first_and_brought_in_on_a_second_word(
    staff, preview_import, mailoutbox
):
    shown = preview_import("address\nann@example.org\nbob@Example.ORG\n")
    said = text(shown)
    assert "2 people would be brought in" in said
    assert "bob@example.org" in said
    assert BASIS in said
    assert addresses() == []
    assert "2 brought in. Nothing was mailed to them." in text(
        staff.post(f"{LIST}process_import/", hidden(shown), follow=True)
    )
    assert addresses() == ["ann@example.org", "bob@example.org"]
    assert not Delivery.objects.exists()


def test_they_stand_on_the_list_as_confirmed_with_the_basis_and_the_day(import_file):
    import_file("E-mail;When\r\n", address_column="none")
    import_file(
        "Name,E-mail,When\nAnn,ann@example.org,2026-05-03\n",
        address_column="e-mail",
        day_column="When",
    )
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


def test_who_must_not_be_written_to_or_is_known_is_left_out_and_counted(
    import_file, preview_import, settings
):
    settings.BLOCKED_DOMAINS = ["blocked.example"]
    suppression.suppress(hashing.fingerprint("left@example.org"), Suppression.Reason.UNSUBSCRIBED)
    known = make_subscriber(address="known@example.org", wants_letters=False)
    content = "address\nleft@example.org\nKnown@example.org\nann@example.org\nANN@example.org\nx@blocked.example\n"
    said = text(preview_import(content))
    for reason in (
        subscriber_import.SUPPRESSED,
        subscriber_import.KNOWN,
        subscriber_import.REPEATED,
        subscriber_import.BLOCKED,
    ):
        assert f"{reason}1" in said
    assert "1 brought in." in text(import_file(content))
    assert addresses() == ["ann@example.org", "known@example.org"]
    known.refresh_from_db()
    assert (known.wants_letters, known.basis) == (False, "")


def test_lines_that_cannot_be_read_are_named_and_nothing_is_taken_in(preview_import):
    response = preview_import("address\nann@example.org\nnobody\n=cmd@example.org\n")
    rows = [
        [cell.text for cell in row]
        for row in page(response).findall(".//div[@class='sending']//tbody/tr")
    ]
    assert [row[0] for row in rows] == ["2", "3"]
    assert "2 lines can’t be taken in." in text(response)
    assert "signed_file" not in hidden(response)
    assert addresses() == []


@pytest.mark.parametrize(
    ("day", "said"), [("03/05/2026", "Write it as 2026-05-03."), ("2099-01-01", "hasn’t come yet.")]
)
def test_a_day_that_makes_no_sense_is_named(preview_import, day, said):
    assert said in text(preview_import(f"address,day\nann@example.org,{day}\n", day_column="day"))


@pytest.mark.parametrize(
    ("content", "over", "said"),
    [
        (
            "address\nann@example.org\n",
            {"basis": " "},
            "Without it there is no leave to write to anybody.",
        ),
        (
            "mail\nann@example.org\n",
            {},
            "There is no column “address”. The first line names these: “mail”.",
        ),
        ("address\nann@example.org\n", {"day_column": "day"}, "There is no column “day”."),
        ("Ännchen,address\n".encode("latin-1"), {}, "This file isn’t text in UTF-8."),
        (b"", {}, "empty"),
        (b"address\n", {}, "No valid data to import."),
    ],
)
def test_a_file_that_makes_no_sense_is_said_kindly(preview_import, content, over, said):
    response = preview_import(content, **over)
    assert response.status_code == 200
    assert said in text(response)
    assert addresses() == []


def test_a_line_with_more_cells_than_columns_is_named(preview_import):
    assert "more cells than the first line has names" in text(
        preview_import("address\nann@example.org,bob@example.org\n")
    )


def test_somebody_who_signs_up_at_the_same_moment_stops_the_file(
    staff, preview_import, monkeypatch
):
    fields = hidden(preview_import("address\nann@example.org\nbob@example.org\n"))
    make_subscriber(address="bob@example.org")
    monkeypatch.setattr(subscriber_import, "_look_up", lambda fingerprints: (set(), set()))
    response = staff.post(f"{LIST}process_import/", fields, follow=True)
    assert "The list has changed in between, so nothing was taken in." in text(response)
    assert addresses() == ["bob@example.org"]


def test_a_file_that_is_too_long_for_the_page_is_refused(preview_import):
    import secrets

    lines = "\n".join(
        f"{secrets.token_hex(16)}@{secrets.token_hex(8)}.example" for _ in range(15_000)
    )
    assert "Split it: 5,000 lines each fit." in text(preview_import(f"address\n{lines}\n"))


def test_five_thousand_addresses_fit(import_file):
    import secrets

    lines = "\n".join(
        f"{secrets.token_hex(8)}@{secrets.token_hex(4)}.example" for _ in range(5_000)
    )
    assert "5000 brought in." in text(import_file(f"address\n{lines}\n"))
    assert Subscriber.objects.count() == 5_000


def test_between_the_look_and_the_word_the_file_is_kept_nowhere(
    preview_import, tmp_path, monkeypatch, settings
):
    from django.core.cache import cache

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    settings.MEDIA_ROOT = tmp_path
    preview_import("address\nann@example.org\n")
    assert list(tmp_path.iterdir()) == []
    assert "ann" not in repr(cache._cache)


def test_a_page_that_was_open_for_too_long_or_is_not_ours_is_refused(staff, preview_import, clock):
    fields = hidden(preview_import("address\nann@example.org\n"))
    forged = staff.post(
        f"{LIST}process_import/", fields | {"signed_file": fields["signed_file"] + "x"}
    )
    assert "Choose the file once more." in text(forged)
    clock(hours=2)
    assert "Choose the file once more." in text(staff.post(f"{LIST}process_import/", fields))
    assert addresses() == []


def test_who_left_between_the_look_and_the_word_stays_out(staff, preview_import):
    fields = hidden(preview_import("address\nann@example.org\nbob@example.org\n"))
    suppression.suppress(hashing.fingerprint("ann@example.org"), Suppression.Reason.ERASED)
    staff.post(f"{LIST}process_import/", fields)
    assert addresses() == ["bob@example.org"]


def test_the_history_says_who_brought_in_how_many_and_no_address(import_file, log):
    import_file("address\nann@example.org\n")
    [entry] = LogEntry.objects.all()
    assert entry.change_message == f"1 brought in, 0 left out: {BASIS}."
    assert "ann@" not in entry.object_repr + entry.change_message + log.getvalue()
    assert "1 brought in" in log.getvalue()


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
    [row] = csv.DictReader(io.StringIO(response.content.decode()))
    assert row == {
        "address": "ann@example.org",
        "status": "Confirmed",
        "wants the letters": "yes",
        "asked": person.asked_at.isoformat(timespec="seconds"),
        "confirmed": person.confirmed_at.isoformat(timespec="seconds"),
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
    found = json.loads(export(staff, "json", "?state__exact=confirmed").content)
    assert [row["address"] for row in found] == ["bob@example.org"]


def test_what_a_spreadsheet_would_take_for_a_formula_is_text(staff):
    make_subscriber(basis="=cmd|' /C calc'!A0")
    [row] = csv.DictReader(io.StringIO(export(staff, "csv").content.decode()))
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
