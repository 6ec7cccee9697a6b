"""Files of other services: their columns, separators, encodings and days. Written by us in the documented shapes."""

import pytest

from newsletter.list_files import days, services
from newsletter.list_files.services import Standing
from newsletter.list_files.table import UnreadableFile, open_table

A, P, U = Standing.ACTIVE, Standing.PENDING, Standing.UNSUBSCRIBED
B, C, X = Standing.BOUNCED, Standing.COMPLAINED, Standing.UNKNOWN

# Per service: the first line, and rows with what they say of their person.
EXPORTS = [
    (
        "Ghost",
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers",
        {
            "1,a@example.org,,,true,false,,2023-05-04T10:11:12.000Z,,,": A,
            "2,a@example.org,,,false,false,,2023-05-04T10:11:12.000Z,,,": U,
            "3,a@example.org,,,,false,,2023-05-04T10:11:12.000Z,,,": U,
            "4,a@example.org,,,true,false,,2023-05-04T10:11:12.000Z,2024-01-01,,": U,
        },
    ),
    (
        "Kit",
        "id,first_name,email,state,created_at",
        {
            "1,,a@example.org,active,2023-05-04": A,
            "1,,a@example.org,cancelled,2023-05-04": U,
            "1,,a@example.org,bounced,2023-05-04": B,
            "1,,a@example.org,complained,2023-05-04": C,
            "1,,a@example.org,inactive,2023-05-04": P,
        },
    ),
    (
        "Mailchimp",
        "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,UNSUB_TIME,UNSUB_REASON,CLEAN_TIME,LEID",
        {
            "a@example.org,,2,2023-05-04 10:11:12,,2023-05-04 10:12:12,,,,1": A,
            "a@example.org,,2,2023-05-04 10:11:12,,,2024-05-04 10:12:12,NORMAL,,1": U,
            "a@example.org,,2,2023-05-04 10:11:12,,,,,2024-05-04 10:12:12,1": B,
        },
    ),
    (
        "listmonk",
        "uuid,email,name,attributes,status,created_at,updated_at",
        {
            'u,a@example.org,,"{}",enabled,2023-05-04T10:11:12Z,2023-05-04T10:11:12Z': A,
            'u,a@example.org,,"{}",blocklisted,2023-05-04T10:11:12Z,': U,
            'u,a@example.org,,"{}",disabled,2023-05-04T10:11:12Z,': U,
        },
    ),
    (
        "Substack",
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at",
        {
            "a@example.org,false,,other,false,2023-05-04T10:11:12.000Z,": A,
            "a@example.org,true,2030-01-01,yearly,true,2023-05-04T10:11:12.000Z,": U,
        },
    ),
    (
        "Buttondown",
        "email,notes,metadata,tags,creation_date,subscriber_type,source",
        {
            "a@example.org,,{},,2023-05-04T10:11:12Z,regular,api": A,
            "a@example.org,,{},,2023-05-04T10:11:12Z,premium,api": A,
            "a@example.org,,{},,2023-05-04T10:11:12Z,unactivated,api": P,
            "a@example.org,,{},,2023-05-04T10:11:12Z,unsubscribed,api": U,
            "a@example.org,,{},,2023-05-04T10:11:12Z,undeliverable,api": B,
            "a@example.org,,{},,2023-05-04T10:11:12Z,complained,api": C,
        },
    ),
    (
        "beehiiv",
        "email,First Name,status,tier,created_at,unsubscribed_at",
        {
            "a@example.org,,active,free,2023-05-04 10:11:12 UTC,": A,
            "a@example.org,,inactive,free,2023-05-04 10:11:12 UTC,": U,
            "a@example.org,,pending,free,2023-05-04 10:11:12 UTC,": P,
            "a@example.org,,active,free,2023-05-04 10:11:12 UTC,2024-03-13 11:33:53 UTC": U,
            "a@example.org,,snoozed,free,2023-05-04 10:11:12 UTC,": X,
        },
    ),
    (
        "MailerLite",
        "Subscriber,Status,Sent,Opened,Subscribed,Opt-in date,Opt-in IP",
        {
            "a@example.org,Active,3,1,2023-05-04 10:11:12,2023-05-04 10:11:12,": A,
            "a@example.org,Unsubscribed,3,1,2023-05-04 10:11:12,,": U,
            "a@example.org,Unconfirmed,3,1,2023-05-04 10:11:12,,": P,
            "a@example.org,Bounced,3,1,2023-05-04 10:11:12,,": B,
            "a@example.org,Junk,3,1,2023-05-04 10:11:12,,": C,
        },
    ),
    (
        "",  # nobody's: a table as people keep them
        "Name;E-Mail;Status",
        {"Ann;a@example.org;subscribed": A, "Ann;a@example.org;left": U, "Ann;a@example.org;": X},
    ),
]
CASES = [
    (service, head, row, standing)
    for service, head, rows in EXPORTS
    for row, standing in rows.items()
]


def table_of(data, piece=7):
    data = data if isinstance(data, bytes) else data.encode()
    return open_table(lambda: (data[at : at + piece] for at in range(0, len(data), piece)))


@pytest.mark.parametrize(("service", "head", "row", "standing"), CASES)
def test_a_services_export_is_known_and_its_states_are_respected(service, head, row, standing):
    table = table_of(f"{head}\n{row}\n")
    reading = services.recognise(table.columns)
    [found] = table.rows
    assert (reading.service, reading.asks) == (service, ())
    assert found.cells[reading.address] == "a@example.org"
    assert reading.standing(found.cells) is standing


@pytest.mark.parametrize("service", [service for service, *_ in EXPORTS if service])
def test_without_the_states_everybody_would_come_in(service, monkeypatch):
    monkeypatch.setattr(services, "STATE", ())
    monkeypatch.setattr(services, "IS_ON", ())
    monkeypatch.setattr(services, "IS_OFF", {})
    for name, head, row, _ in CASES:
        if name == service:
            table = table_of(f"{head}\n{row}\n")
            reading = services.recognise(table.columns)
            [found] = table.rows
            assert reading.standing(found.cells) is A


@pytest.mark.parametrize(
    "column",
    ["newsletter", "marketing consent", "do not mail", "Blocked?", "opt-out", "suppressed"],
)
def test_a_column_that_looks_like_a_state_is_asked_about(column):
    assert services.recognise(["email", column.lower(), "name"]).asks == (column.lower(),)


ROWS = [("ann@example.org", "Änne"), ("bob@example.org", "Bob")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-mark", "utf-16-be-mark", "cp1252"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_separator_in_any_usual_encoding(separator, encoding, end):
    lines = [separator.join(["email", "name"]), *(separator.join(row) for row in ROWS)]
    text = end.join(lines)
    has_mark = encoding.endswith("-mark")
    data = (("\ufeff" if has_mark else "") + text).encode(encoding.removesuffix("-mark"))
    table = table_of(data)
    assert table.columns == ["email", "name"]
    assert [(row.cells["email"], row.cells["name"]) for row in table.rows] == ROWS


def test_a_first_line_that_names_the_separator_is_no_row():
    table = table_of("sep=;\nemail;name\nann@example.org;A, B\n")
    assert (table.columns, [row.line for row in table.rows]) == (["email", "name"], [3])


def test_without_a_line_of_names_the_first_person_is_not_lost():
    table = table_of("1,ann@example.org\n2,bob@example.org\n")
    assert not table.is_named
    assert [row.cells["column 2"] for row in table.rows] == ["ann@example.org", "bob@example.org"]


def test_a_row_with_a_cell_too_many_is_named_and_the_next_is_read():
    table = table_of('email,name\nann@example.org,"two\nlines",more\nbob@example.org,b\n')
    found = list(table.rows)
    assert [row.line for row in found] == [3, 4]
    assert "more cells" in found[0].problem
    assert not found[1].problem


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"\x00\x01\x02", b'[{"email": ', b"[1, 2]", b"PK\x03\x04\x00"]
)
def test_what_is_no_table_is_refused_in_our_own_words(data):
    with pytest.raises(UnreadableFile, match="file"):
        list(table_of(data).rows)


@pytest.mark.parametrize(
    ("text", "day_first", "iso"),
    [
        ("2023-05-04", True, "2023-05-04"),
        ("2023-05-04 10:11:12", True, "2023-05-04"),
        ("2023-05-04 10:11:12 UTC", True, "2023-05-04"),
        ("2023-05-04T10:11:12.713Z", True, "2023-05-04"),
        ("04.05.2023", False, "2023-05-04"),
        ("04/05/2023", True, "2023-05-04"),
        ("05/04/2023", False, "2023-05-04"),
        ("5/4/2023 10:11", False, "2023-05-04"),
        ("1683195072", True, "2023-05-04"),
        ("1683195072000", True, "2023-05-04"),
        ("May 4, 2023", True, "2023-05-04"),
        ("4 May 2023", True, "2023-05-04"),
    ],
)
def test_days_as_people_and_programs_write_them(text, day_first, iso):
    assert f"{days.moment(text, day_first=day_first):%Y-%m-%d}" == iso


@pytest.mark.parametrize(
    "text", ["soon", "31/31/2023", "2023-13-01", "04-05", "2099-01-01", "99999999999999999"]
)
def test_what_is_no_day_is_said(text):
    with pytest.raises(days.UnreadableDay):
        days.moment(text, day_first=True)
