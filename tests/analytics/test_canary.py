"""The canary run: marked visitors, and a search through all that is kept. Two databases differ in counts alone."""

import io
import json
import logging

import pytest
from django.conf import settings as site_settings
from django.db import connection

from analytics import kinds
from analytics.models import DailySum
from newsletter.bounces import bounces
from newsletter.models import Subscriber
from newsletter.outbox import queue
from newsletter.subscribing import intake, signup
from trustsite.web.form_guard import form_token

MARKS = ("CANARYone", "CANARYtwo", "CANARYthree")
PATHS = ("/", "/articles/fawn-response/", "/quiz/", "/about/", "/nothing-CANARY/")


def visit(site, mark, number):
    """Everything a reader can do, marked wherever a visitor can be told by it."""
    told = {
        "REMOTE_ADDR": f"203.0.113.{number}",
        "HTTP_X_FORWARDED_FOR": f"203.0.113.{number}",
        "HTTP_REFERER": f"https://{mark}.example/{mark}?{mark}",
        "HTTP_ACCEPT_LANGUAGE": mark,
        "HTTP_COOKIE": f"{mark}={mark}",
    }
    agent = f"Mozilla/5.0 ({mark}) Gecko/20100101 Firefox/145.0"
    for path in PATHS:
        site.open(f"{path}?utm_source={mark}", agent, **told)
    site.open(f"/search/?q={mark}", agent, **told)
    answers = "&".join(f"q{n:02}=a" for n in range(1, 13))
    body = f"version=2&{answers}&note={mark}"
    assert site.post("/quiz/", body, agent, **told)["status"] == "200 OK"


def rows():
    """Return every row of every table."""
    with connection.cursor() as cursor:
        # Not those behind the search index, which SQLite tidies when it is asked.
        named = sorted(connection.introspection.table_names(cursor))
        tables = [name for name in named if "_search_" not in name]
        return {t: cursor.execute(f'SELECT * FROM "{t}"').fetchall() for t in tables}


def bytes_of_database():
    if connection.vendor != "sqlite":
        return repr(rows()).encode()
    connection.ensure_connection()
    return connection.connection.serialize()


@pytest.fixture
def logged():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    loggers = [logging.getLogger(name) for name in ("", *site_settings.LOGGING["loggers"])]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield stream
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.fixture
def pages(content):
    """The launch content."""


def test_of_three_marked_visitors_nothing_is_found_but_sums(site, pages, logged, tmp_path):
    for number, mark in enumerate(MARKS):
        visit(site, mark, number)
    sums = site.sums()
    site.counting.stop()
    assert sums["read", "/articles/fawn-response/"] == 3
    assert sums["quiz", "short finished"] == 3
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    everything = bytes_of_database() + left + logged.getvalue().encode()
    for mark in (*MARKS, "203.0.113", "Firefox/145", "utm_source"):
        assert mark.encode() not in everything, mark
    assert not [key for key in sums if key[0] in {kinds.OUTCOME, kinds.SOURCE, kinds.MISSING}]
    assert {name for kind, name in sums if kind == kinds.REFERRER} == {"other site"}


def test_the_search_would_find_what_is_there(site, pages, logged):
    """The twin: a counting that kept the agent is found out."""
    seen = site.visits.read

    def tells(counted, header):
        site.counting.add("read", header("user-agent") or "")
        seen(counted, header)

    site.visits.read = tells
    visit(site, MARKS[0], 1)
    site.sums()
    assert MARKS[0].encode() in bytes_of_database()


def test_two_databases_one_with_somebody_more_differ_in_counts_alone(site, pages):
    visit(site, "CANARYone", 1)
    site.counting.tick()
    with_one = rows()
    visit(site, "CANARYtwo", 2)
    site.counting.tick()
    with_two = rows()
    differing = {table for table in with_one if with_one[table] != with_two[table]}
    assert differing == {"analytics_dailysum"}
    ones, twos = with_one["analytics_dailysum"], with_two["analytics_dailysum"]
    assert [row[:4] for row in ones] == [row[:4] for row in twos]
    assert [row[4] * 2 for row in ones] == [row[4] for row in twos]


@pytest.mark.parametrize("agent", ["Mozilla/5.0 Firefox/145.0", "curl/8", "Googlebot/2.1"])
def test_get_changes_nothing_but_the_daily_sums(site, pages, agent, mailoutbox):
    from tests.edge import get

    before = rows()
    paths = [
        *PATHS,
        "/search/?q=x",
        "/guide/",
        "/newsletter/confirm/x/",
        "/newsletter/unsubscribe/x/",
    ]
    for path in paths * 2:
        site.open(path, agent)
        get(site.edge, path.partition("?")[0], method="HEAD", HTTP_USER_AGENT=agent)
    site.counting.tick()
    after = rows()
    assert {t for t in before if before[t] != after[t]} <= {"analytics_dailysum"}
    assert mailoutbox == []


# -- the way to the guide --------------------------------------------------------------------------
def ask(site, address, src="/quiz/", **headers):
    body = f"address={address}&stamp={form_token()}&src={src}"
    return site.post("/newsletter/subscribe/", body, **headers)


def waiting(site):
    site.counting.tick()
    return {(key.kind, key.name): n for key, n in site.counting.waiting.items()}


def test_the_steps_to_the_guide_are_counted_and_wait_for_the_days_end(
    site, pages, django_capture_on_commit_callbacks, settings
):
    settings.SIGNUPS_PER_NETWORK = 100
    assert ask(site, "ann%40site.example")["status"] == "200 OK"
    ask(site, "not-an-address")
    ask(site, "bob%40site.example", HTTP_SEC_GPC="1")
    intake.Decider().tick()
    person = Subscriber.objects.get(address="ann@site.example")
    from newsletter import tokens

    link = f"/newsletter/confirm/{tokens.confirm_token(person)}/"
    for _ in range(2):
        site.post(link, "")
    with django_capture_on_commit_callbacks(execute=True):
        while delivery := queue.claim():
            queue.mark_sent(delivery)
        bounces.record(person.fingerprint, bounces.Kind.HARD, "event")
        Subscriber.objects.update(state="confirmed")
        signup.leave(person.fingerprint)
    found = waiting(site)
    assert found == {
        ("guide", "asked"): 1,
        ("guide", "confirmed"): 1,
        ("guide", "sent"): 1,
        ("guide", "returned"): 1,
        ("guide", "left"): 1,
    }
    assert not DailySum.objects.filter(kind="guide").exists()
    assert site.counting.pools[kinds.SOURCE] == {("source", "/quiz/"): 1}


SOURCES = {
    "/quiz/": "/quiz/",
    "/articles/fawn-response/": "/articles/fawn-response/",
    "/articles/ann-smith-lives-here/": "elsewhere",
    "/preview/secret/": "elsewhere",
    "/about/": "elsewhere",
    "": "elsewhere",
    "ann@site.example": "elsewhere",
    "https://evil.example/quiz/": "elsewhere",
    "/" + "a" * 5000: "elsewhere",
    "/quiz/\x00": "elsewhere",
}


@pytest.mark.parametrize("src", SOURCES)
def test_the_page_that_led_to_a_sign_up_is_one_of_ours_or_elsewhere(pages, src):
    from newsletter.subscribing import source_pages

    assert source_pages.known(src) == SOURCES[src]


def test_a_page_says_of_itself_which_it_is_and_a_preview_says_nothing(site, pages, client):
    for path in ("/", "/articles/fawn-response/", "/guide/"):
        body = site.open(path)["body"].decode()
        assert f'name="src" value="{path}"' in body
        assert body == site.open(path, "Another/1")["body"].decode()
    from articles.editing import preview_links
    from articles.models import Article

    article = Article.objects.get(slug="fawn-response")
    preview = client.get(f"/preview/{preview_links.link_token(article)}/").content.decode()
    assert 'name="src"' not in preview


def test_with_a_person_nothing_of_the_page_is_kept(site, pages):
    ask(site, "ann%40site.example", src="/articles/fawn-response/")
    site.counting.tick()
    held = json.dumps(rows()["newsletter_subscriber"], default=str)
    held += json.dumps(rows()["newsletter_delivery"], default=str)
    assert "fawn-response" not in held
