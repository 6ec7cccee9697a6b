"""Visits: whose are counted and as what, at the edge, with nothing kept of who it was."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics import kinds
from analytics.counting import Counting
from analytics.models import DailySum, Key, add
from analytics.visits import MAX_NEW_AGENTS, VisitCounter, printable
from articles.models import Redirect, SlugRedirect
from tests.analytics.conftest import FIREFOX, Site
from tests.factories import make_article, make_offer

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
BROWSERS = [
    FIREFOX,
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    "Lynx/2.9.2 libwww-FM/2.14 SSL-MM/1.4.1",
]
ROBOTS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
    "curl/8.14.1",
    "python-requests/2.32.5",
    "",
]


@pytest.mark.parametrize("agent", BROWSERS)
def test_a_reader_is_counted(site, agent):
    assert site.open("/", agent)["status"] == "200 OK"
    assert site.sums() == {("read", "/"): 1}


@pytest.mark.parametrize("agent", ROBOTS)
def test_a_robot_isnt_counted(site, agent):
    site.open("/", agent)
    site.open("/", agent)
    site.open("/nothing-here/", agent)
    assert site.sums() == {}


@pytest.mark.parametrize("header", ["HTTP_SEC_GPC", "HTTP_DNT"])
def test_who_asks_not_to_be_counted_isnt(site, header):
    for _ in range(2):
        site.open("/", **{header: "1"})
    site.open("/search/?q=sleep", **{header: "1"})
    assert site.sums() == {}
    site.open("/", **{header: "0"})
    assert site.sums() == {("read", "/"): 1}


def test_a_page_counts_whether_it_was_kept_or_made(site):
    make_article(slug="one")
    for _ in range(3):
        site.open("/articles/one/?utm_source=x")
    assert site.sums() == {("read", "/articles/one/"): 3}
    site.open("/articles/one/")
    assert site.sums() == {("read", "/articles/one/"): 4}


def test_only_what_a_reader_opens_is_a_read(site):
    for path in ("/", "/robots.txt", "/sitemap.xml", "/feed/", "/healthz", "/card.png"):
        site.open(path)
    site.edge.make_anew("/")
    from tests.edge import get

    get(site.edge, "/", method="HEAD", HTTP_USER_AGENT=FIREFOX)
    get(site.edge, "/", method="HEAD", HTTP_USER_AGENT=FIREFOX)
    assert site.sums() == {("read", "/"): 1}


def test_an_advert_is_counted_where_it_stands(site):
    make_offer(key="partner")
    make_article(
        slug="advert",
        affiliate=True,
        body="## One\n\nWords.\n\n## Two\n\n:::offer partner\n\nWords.\n",
    )
    make_article(slug="plain")
    for path in ("/articles/advert/", "/articles/advert/", "/articles/plain/"):
        site.open(path)
    assert site.sums()["offer", "partner"] == 2


def test_a_search_is_counted_without_its_words(site):
    make_article(slug="sleep", title="Sleep")
    for words in ("sleep", "CANARY", "CANARY"):
        site.open(f"/search/?q={words}")
    site.open("/search/")
    found = site.sums()
    assert found["search", "all"] == 3
    assert found["search", "found nothing"] == 2
    assert "CANARY" not in str(found)


REFERRERS = {
    "https://www.google.co.uk/search?q=CANARY": "search: Google",
    "https://mail.google.com/mail/u/0/": "mail: Gmail",
    "https://old.reddit.com/r/CANARY/": "social: Reddit",
    "https://t.co/CANARY": "social: X",
    "https://CANARY.example/": "other site",
    "android-app://com.google.android.gm/": "search: Google",
    "not an address": "other site",
    "https://notgoogle.com@www.bing.com:443/": "search: Bing",
}


@pytest.mark.parametrize("referrer", REFERRERS)
def test_of_a_referrer_the_name_of_a_short_list_is_counted(site, referrer):
    site.open("/", HTTP_REFERER=referrer)
    assert ("referrer", REFERRERS[referrer]) in site.sums()


def test_our_own_pages_are_no_referrers(site, settings):
    site.open("/", HTTP_REFERER=f"{settings.SITE_URL}/quiz/")
    assert site.sums() == {("read", "/"): 1}


PATHS = {
    "/wp-login.php": "/wp-login.php",
    "/ann@example.org": "/...",
    "/my husband hits me/": "/...",
    f"/{'a' * 130}": "/...",
    "/newsletter/confirm/Token123/": "/newsletter/confirm/...",
    "/preview/Token123/": "/preview/...",
    "/admin/door/password/new/Token123/": "/admin/...",
    "/newsletter/confirm/": "/newsletter/confirm/",
}


@pytest.mark.parametrize("path", PATHS)
def test_a_missing_address_is_kept_only_as_far_as_it_is_harmless(path):
    assert printable(path) == PATHS[path]


def test_a_missing_address_is_kept_once_ten_have_asked_for_it(site):
    for _ in range(9):
        site.open("/old-page/")
    site.open("/ann-lives-here/")
    assert site.sums() == {}
    site.open("/old-page/")
    assert site.sums() == {("missing", "/old-page/"): 10}
    site.open("/old-page/")
    assert site.sums() == {("missing", "/old-page/"): 11}


def test_strangers_cant_fill_the_memory_or_the_table_with_addresses(counting, db):
    visits = VisitCounter(counting, reads=True, site="http://x/")
    header = {"user-agent": FIREFOX}.get
    for number in range(3_000):
        for _ in range(10 if number < 300 else 1):
            visits.missing(f"/{number}/", header)
        if number % 100 == 0:
            counting.tick()
    counting.tick()
    assert len(counting.missing) <= kinds.MAX_MISSING
    from analytics.models import DailySum

    assert DailySum.objects.count() <= kinds.MAX_MISSING_KEPT + 1


def test_new_agents_cost_so_much_and_no_more(counting, monkeypatch):
    looked = []
    monkeypatch.setattr("analytics.robots.is_robot", lambda agent: looked.append(agent) or False)
    visits = VisitCounter(counting, reads=True, site="http://x/")
    for number in range(2 * MAX_NEW_AGENTS):
        visits.is_reader({"user-agent": f"Made up {number}"}.get)
    assert len(looked) == MAX_NEW_AGENTS
    assert len(visits.agents) == MAX_NEW_AGENTS
    counting.turn += 1
    assert visits.is_reader({"user-agent": "Another"}.get)


def test_no_agent_is_in_memory_afterwards(site):
    site.open("/", "CANARY/1.0 (somebody's own browser)", HTTP_REFERER="https://a.example/CANARY")
    held = repr([vars(site.visits), vars(site.counting)])
    assert "CANARY" not in held
    assert "/" in repr(site.counting.counts)  # it would be seen there


def test_in_the_log_mode_reads_are_not_counted_here(db, counting):
    site = Site(counting, reads=False)
    site.open("/", HTTP_REFERER="https://www.google.com/")
    site.open("/nothing-here/")
    site.open("/search/?q=sleep")
    assert {kind for kind, _ in site.sums()} == {"search"}


def test_switched_off_nothing_is_counted(db, settings, monkeypatch):
    from analytics import visits
    from trustsite.web.serving.edge import NoVisits

    settings.COUNT_VISITS = "off"
    visits.visits.cache_clear()
    assert isinstance(visits.visits(), NoVisits)
    visits.visits.cache_clear()
    counting = Counting()
    counting.add("guide", "asked")
    assert not counting.counts


def test_a_kept_page_costs_as_much_after_a_thousand_other_agents(counting):
    """Nothing grows with the number of visitors: the same page, the same work."""
    visits = VisitCounter(counting, reads=True, site="http://x/")
    header, counted = {"user-agent": FIREFOX}.get, (("read", "/"),)

    def cost():
        begun = time.process_time()
        for _ in range(2_000):
            visits.read(counted, header)
        return time.process_time() - begun

    before = min(cost() for _ in range(5))
    for number in range(MAX_NEW_AGENTS - 1):
        visits.read((("read", f"/{number}/"),), {"user-agent": f"Mozilla/5.0 {number}"}.get)
    assert min(cost() for _ in range(5)) < 3 * before


def test_every_way_to_be_led_on_is_counted_by_the_address_that_an_editor_set(site):
    Redirect.objects.create(path="/old/", target="/quiz/")
    Redirect.objects.create(path="/blog/", target="/quiz/", is_prefix=True)
    Redirect.objects.create(path="/gone/")
    SlugRedirect.objects.create(slug="was", article=make_article(slug="is"))
    site.edge.refresher.versions.check()
    answers = [
        site.open(path)["status"][:3]
        for path in ("/old/", "/old/?a=b", "/blog/2019/somebody/", "/gone/", "/articles/was/")
    ]
    assert answers == ["301", "301", "301", "410", "301"]
    assert site.sums() == {
        ("redirect", "/old/"): 2,
        ("redirect", "/blog/"): 1,
        ("redirect", "/gone/"): 1,
        ("redirect", "/articles/was/"): 1,
    }


def test_who_isnt_counted_elsewhere_isnt_counted_here(site):
    Redirect.objects.create(path="/old/", target="/quiz/")
    site.edge.refresher.versions.check()
    site.open("/old/", HTTP_DNT="1")
    site.open("/old/", agent="curl/8.14.1")
    site.open("/old/", method="HEAD")
    make_article(slug="gone", state="withdrawn", withdrawn_note="It was wrong.")
    assert site.open("/articles/gone/")["status"].startswith("410")
    assert site.sums() == {}


def asked_by_three_uses(site):
    """Return what three readers who come by an old address ask of the database, a word a statement."""
    Redirect.objects.create(path="/old/", target="/quiz/")
    site.edge.refresher.versions.check()
    with CaptureQueriesContext(connection) as queries:
        for _ in range(3):
            site.open("/old/", look=False)
    return [query["sql"].partition(" ")[0] for query in queries]


def test_a_use_writes_nothing_and_asks_no_more_than_finding_it(site):
    asked = asked_by_three_uses(site)
    assert set(asked) == {"SELECT"}
    assert len(asked) <= 9


def test_counted_at_once_each_use_would_write(site, monkeypatch):
    """The twin."""
    today = timezone.now().date()
    monkeypatch.setattr(site.counting, "add", lambda *of: add({Key(today, *of): 1}))
    assert asked_by_three_uses(site).count("INSERT") == 3


def test_the_sums_hold_a_day_and_an_address_of_ours_and_nothing_of_who_came(site):
    Redirect.objects.create(path="/old/", target="/quiz/", is_prefix=True)
    site.edge.refresher.versions.check()
    site.open("/old/CANARY/?CANARY=CANARY", HTTP_REFERER="https://CANARY.example/")
    site.sums()
    assert [(row.kind, row.name, row.count) for row in DailySum.objects.all()] == [
        ("redirect", "/old/", 1)
    ]
