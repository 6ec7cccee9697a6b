"""Files of other services: their columns, separators, encodings and days. Written by us in the documented shapes."""

import json
import time

import pytest

from newsletter.list_files import days, services
from newsletter.list_files import table as table_module
from newsletter.list_files.services import Standing
from newsletter.list_files.table import UnreadableFile, open_table

A, P, U = Standing.ACTIVE, Standing.PENDING, Standing.UNSUBSCRIBED
B, C, X = Standing.BOUNCED, Standing.COMPLAINED, Standing.UNKNOWN

# Per service: the first line, and rows with what they say of their person. Columns, words and days are those of the
# services' own programs and documents where these are public (Ghost, listmonk, Mailchimp, Substack, beehiiv; Kit's
# and Buttondown's interfaces); the rows are made up.
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
        "Kit",  # with fields of the owner's own, which make "state" no part of an address
        "first_name,email_address,state,created_at,tags,City,Country",
        {
            'Ann,a@example.org,active,2023-05-04T10:11:12Z,"a, b",Leeds,UK': A,
            "Ann,a@example.org,cancelled,2023-05-04T10:11:12Z,,Leeds,UK": U,
            "Ann,a@example.org,inactive,2023-05-04T10:11:12Z,,Leeds,UK": P,
            "Ann,a@example.org,NY,2023-05-04T10:11:12Z,,Leeds,UK": X,
        },
    ),
    (
        "Mailchimp",
        "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_ID,"
        "UNSUB_CAMPAIGN_ID,UNSUB_REASON,CLEAN_TIME,LEID,TAGS",
        {
            'a@example.org,,2,2023-05-04 10:11:12,,2023-05-04 10:12:12,,,,,,1,"""Editors"""': A,
            "a@example.org,,2,,,2023-05-04 10:12:12,,,,,,1,": A,
            "a@example.org,,2,2023-05-04 10:11:12,,,2024-05-04 10:12:12,,,NORMAL,,1,": U,
            "a@example.org,,2,2023-05-04 10:11:12,,,,,,,2024-05-04 10:12:12,1,": B,
            "a@example.org,,2,,,,,,,,,1,": P,
        },
    ),
    (
        "listmonk",
        "uuid,email,name,attributes,status,created_at,updated_at",
        {
            'u,a@example.org,,"{}",enabled,2023-05-04 10:11:12.5 +0000 UTC,2023-05-04 10:11:12 +0200 CEST': A,
            'u,a@example.org,,"{""a"": 1}",blocklisted,2023-05-04 10:11:12.123456 +0200 CEST,': U,
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
        "Substack",
        "Email,Name,Stripe plan,Cancel date,Start date,Paid upgrade date,Activity,Type,Subscription source (free)",
        {
            "a@example.org,Ann,,,2023-05-04T10:11:12.000Z,,5,Free,substack-notes": A,
            "a@example.org,Ann,Monthly,2024-01-01,2023-05-04T10:11:12.000Z,2023-06-01,3,Paid,direct": A,
            "a@example.org,Ann,,,2023-05-04T10:11:12.000Z,,5,Ghostwriter,": X,
        },
    ),
    (
        "Buttondown",
        "email,notes,metadata,tags,creation_date,subscriber_type,source",
        {
            "a@example.org,,{},,2023-05-04T10:11:12Z,regular,api": A,
            "a@example.org,,{},,2023-05-04T10:11:12Z,unactivated,api": P,
            "a@example.org,,{},,2023-05-04T10:11:12Z,unsubscribed,api": U,
        },
    ),
    (
        "Buttondown",
        "id,email_address,notes,tags,creation_date,type,source,unsubscription_date,undeliverability_date,churn_date",
        {
            "1,a@example.org,,,2023-05-04T10:11:12Z,regular,api,,,": A,
            "1,a@example.org,,,2023-05-04T10:11:12Z,premium,api,,,": A,
            "1,a@example.org,,,2023-05-04T10:11:12Z,paused,api,,,": A,
            "1,a@example.org,,,2023-05-04T10:11:12Z,past_due,api,,,2024-01-01": A,
            "1,a@example.org,,,2023-05-04T10:11:12Z,regular,api,2024-01-01,,": U,
            "1,a@example.org,,,2023-05-04T10:11:12Z,regular,api,,2024-01-01,": B,
            "1,a@example.org,,,2023-05-04T10:11:12Z,removed,api,,,": U,
            "1,a@example.org,,,2023-05-04T10:11:12Z,spammy,api,,,": U,
            "1,a@example.org,,,2023-05-04T10:11:12Z,undeliverable,api,,,": B,
            "1,a@example.org,,,2023-05-04T10:11:12Z,complained,api,,,": C,
            "1,a@example.org,,,2023-05-04T10:11:12Z,unactivated,api,,,": P,
        },
    ),
    (
        "beehiiv",
        "email,First Name,Last Name,status,tier,created_at,stripe_customer_id,Free Tier,Premium Tier,unsubscribed_at,"
        "Subscription Date (Substack)",
        {
            "a@example.org,,,active,free,2023-05-04 10:11:12 UTC,,Yes,No,,": A,
            "a@example.org,,,inactive,free,2023-05-04 10:11:12 UTC,,Yes,No,,": U,
            "a@example.org,,,pending,free,2023-05-04 10:11:12 UTC,,Yes,No,,": P,
            "a@example.org,,,validating,free,2023-05-04 10:11:12 UTC,,Yes,No,,": P,
            "a@example.org,,,invalid,free,2023-05-04 10:11:12 UTC,,Yes,No,,": B,
            "a@example.org,,,active,free,2023-05-04 10:11:12 UTC,,Yes,No,2024-03-13 11:33:53 UTC,": U,
            "a@example.org,,,snoozed,free,2023-05-04 10:11:12 UTC,,Yes,No,,": X,
        },
    ),
    (
        "MailerLite",
        "Subscriber,Name,Last name,Status,Sent,Opened,Subscribed,Opt-in date,Opt-in IP,Groups",
        {
            "a@example.org,,,Active,3,1,2023-05-04 10:11:12,2023-05-04 10:11:12,,a;b": A,
            "a@example.org,,,Unsubscribed,3,1,2023-05-04 10:11:12,,,": U,
            "a@example.org,,,Unconfirmed,3,1,2023-05-04 10:11:12,,,": P,
            "a@example.org,,,Bounced,3,1,2023-05-04 10:11:12,,,": B,
            "a@example.org,,,Junk,3,1,2023-05-04 10:11:12,,,": C,
        },
    ),
    (
        "",  # nobody's: a table as people keep them
        "Name;E-Mail;Status",
        {"Ann;a@example.org;subscribed": A, "Ann;a@example.org;left": U, "Ann;a@example.org;": X},
    ),
    (
        "",
        "e-mail;Subscribed;Created At",
        {
            "a@example.org;yes;2023-05-04": A,
            "a@example.org;0;2023-05-04": U,
            "a@example.org;2023-05-04;": A,
            "a@example.org;perhaps;2023-05-04": X,
        },
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


@pytest.mark.parametrize("service", sorted({service for service, *_ in EXPORTS if service}))
def test_without_the_states_everybody_would_come_in(service, monkeypatch):
    monkeypatch.setattr(services, "STATE", ("state",))
    monkeypatch.setattr(services, "IS_ON", {})
    monkeypatch.setattr(services, "IS_OFF", {})
    monkeypatch.setattr(services, "MAILCHIMP", "")
    monkeypatch.setattr(services, "_word", lambda cell, words: A)
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


ADDRESSES = "Subscriber,City,State,Zip,Country,Subscribed"


@pytest.mark.parametrize(
    ("state", "standing"),
    [("NY", A), ("Bayern", A), ("", A), ("ON", A), ("cancelled", U), ("bounced", B), ("no", A)],
)
def test_a_state_that_is_part_of_an_address_says_nothing_and_is_shown(state, standing):
    table = table_of(f"{ADDRESSES}\na@example.org,Leeds,{state},1,UK,2023-05-04\n")
    reading = services.recognise(table.columns)
    [found] = table.rows
    assert (reading.asks, reading.standing(found.cells)) == (("state",), standing)


def test_as_a_word_it_would_leave_everybody_out(monkeypatch):
    monkeypatch.setattr(services, "PLACES", set())
    table = table_of(f"{ADDRESSES}\na@example.org,Leeds,NY,1,UK,2023-05-04\n")
    reading = services.recognise(table.columns)
    [found] = table.rows
    assert reading.standing(found.cells) is X


@pytest.mark.parametrize(
    ("columns", "address", "day", "states"),
    [
        ("E-Mail Address,Signed up,Email marketing status", 0, 1, (2,)),
        ("User Email Address,Subscribed At,Unsubscribed at", 0, 1, (2,)),
        ("name,EMAIL,created-at,Subscription_Status", 1, 2, (3,)),
    ],
)
def test_names_are_known_however_they_are_written(columns, address, day, states):
    names = table_of(columns + "\n,,,,\n").columns
    reading = services.recognise(names)
    assert (reading.address, reading.day) == (names[address], names[day])
    assert (reading.states, reading.asks) == (tuple(names[number] for number in states), ())


def test_a_second_column_of_one_name_hides_nothing_and_is_asked_about():
    table = table_of("email,status,status\na@example.org,active,unsubscribed\n")
    reading = services.recognise(table.columns)
    assert (reading.states, reading.asks) == (("status",), ("status (2)",))
    [found] = table.rows
    assert found.cells["status (2)"] == "unsubscribed"


ROWS = [("ann@example.org", "Änne"), ("bob@example.org", "Bob")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding",
    [
        *("utf-8", "utf-8-sig", "utf-16", "utf-16-le-mark", "utf-16-be-mark"),
        *("utf-16-le", "utf-16-be", "cp1252"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
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


@pytest.mark.parametrize("breaks", ["\u2028", "\x85", "\x0b", "\x0c", "\x1c", '"\n"', '"\r\n"'])
def test_what_breaks_a_line_for_others_breaks_no_row(breaks):
    name = f"A{breaks}B" if '"' not in breaks else breaks.replace('"', "").join(['"A', 'B"'])
    table = table_of(f"email,name\nann@example.org,{name}\nbob@example.org,b\n")
    assert [row.cells["email"] for row in table.rows] == ["ann@example.org", "bob@example.org"]


def test_a_quotation_mark_that_is_never_closed_is_named_and_the_rest_is_read():
    rows = "".join(f"r{n}@example.org,x\n" for n in range(9000))
    table = table_of(f'email,name\nann@example.org,"x\n{rows}', piece=1 << 16)
    found = list(table.rows)
    assert "quotation mark" in found[0].problem
    assert len(found) > 2000


def test_json_is_read_an_entry_at_a_time_and_the_names_of_all_entries_count():
    people = [{"email": "a@example.org"}, {"email": "b@example.org", "Unsubscribed_at": "2024"}]
    for text in (json.dumps(people), json.dumps({"members": people}, indent=1)):
        table = table_of(text)
        assert table.columns == ["email", "unsubscribed_at"]
        assert [row.cells.get("unsubscribed_at", "") for row in table.rows] == ["", "2024"]


def test_a_name_that_comes_late_in_json_keeps_its_entry_out(monkeypatch):
    monkeypatch.setattr(table_module, "LOOKED_AT", 2)
    people = [{"email": f"r{n}@example.org"} for n in range(3)]
    people[2]["status"] = "cancelled"
    problems = [bool(row.problem) for row in table_of(json.dumps(people)).rows]
    assert problems == [False, False, True]


def test_reading_takes_as_long_as_the_file_is_however_it_is_cut():
    def seconds(number):
        text = json.dumps([{"email": f"r{n}@example.org"} for n in range(number)])
        start = time.process_time()
        assert sum(1 for _ in table_of(text, piece=1 << 12).rows) == number
        return time.process_time() - start

    small, large = (min(seconds(number) for _ in range(5)) for number in (4_000, 16_000))
    assert large < 8 * small


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b'{"a": 1}',
        b'[{"a": 1}',
        b'{"a": [1]}',
        b"\x00\x01\x02",
        b'[{"email": ',
        b"[1, 2]",
        b"PK\x03\x04\x00",
    ],
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
        ("2023-05-04 10:11:12.123456 +0200 CEST", True, "2023-05-04"),
        ("2023-05-04 10:11:12 +0000 UTC", True, "2023-05-04"),
        ("2023-05-04 10:11:12 -0500", True, "2023-05-04"),
        ("Thu, 04 May 2023 10:11:12 +0000", True, "2023-05-04"),
        ("May 4, 2023 10:11 AM", True, "2023-05-04"),
        ("2023/05/04 10:11:12", True, "2023-05-04"),
        ("4-May-2023", True, "2023-05-04"),
        ("5/4/23", False, "2023-05-04"),
    ],
)
def test_days_as_people_and_programs_write_them(text, day_first, iso):
    assert f"{days.moment(text, day_first=day_first):%Y-%m-%d}" == iso


@pytest.mark.parametrize(
    "text",
    ["soon", "23-05-04", "31/31/2023", "2023-13-01", "04-05", "2099-01-01", "99999999999999999"],
)
def test_what_is_no_day_is_said(text):
    with pytest.raises(days.UnreadableDay):
        days.moment(text, day_first=True)
