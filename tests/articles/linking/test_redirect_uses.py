"""Uses of redirects: counted where reads are, brought to the rows by the worker, shown no more exactly than other numbers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.models import Key, add
from articles.linking import redirect_uses
from articles.models import Redirect, SlugRedirect
from tests.factories import make_article, make_page

pytestmark = pytest.mark.django_db
LIST = "/admin/articles/redirect/"
TODAY = timezone.now().date()
LONG_AGO = TODAY - timedelta(days=200)


@pytest.fixture(autouse=True)
def _pages(db):
    make_page()


def used(path, *numbers):
    """Note that a path was used so often, on days before today (days ago, how often)."""
    add({Key(TODAY - timedelta(days=ago), "redirect", path): number for ago, number in numbers})


def test_the_worker_brings_the_sums_of_90_days_to_the_rows():
    for path in ("/often/", "/seldom/", "/long-ago/", "/never/"):
        Redirect.objects.create(path=path, counted_since=LONG_AGO)
    SlugRedirect.objects.create(slug="was", article=make_article())
    used("/often/", (0, 20), (3, 5))
    used("/seldom/", (40, 1))
    used("/long-ago/", (120, 50))
    used("/articles/was/", (2, 11))
    used("/deleted-since/", (1, 4))
    redirect_uses.bring_up_to_date()
    rows = {row.path: (row.used, row.last_used_on) for row in Redirect.objects.all()}
    assert rows == {
        "/often/": (25, TODAY),
        "/seldom/": (1, TODAY - timedelta(days=40)),
        "/long-ago/": (0, None),
        "/never/": (0, None),
    }
    assert SlugRedirect.objects.get().used == 11
    with CaptureQueriesContext(connection) as queries:
        redirect_uses.bring_up_to_date()
    assert not [q for q in queries if q["sql"].startswith("UPDATE") and '"used"' in q["sql"]]


def test_what_is_past_90_days_is_no_number_and_past_25_months_is_forgotten():
    for path, days in {"/once/": 100, "/of-old/": 800}.items():
        on = TODAY - timedelta(days=days)
        Redirect.objects.create(path=path, used=12, last_used_on=on)
    redirect_uses.bring_up_to_date()
    rows = dict(Redirect.objects.values_list("path", "last_used_on"))
    assert rows == {"/once/": TODAY - timedelta(days=100), "/of-old/": None}
    assert not Redirect.objects.filter(used__gt=0).exists()


def test_where_nothing_is_counted_it_says_so_and_begins_anew_later(settings):
    row = Redirect.objects.create(path="/old/", used=12, last_used_on=TODAY, counted_since=LONG_AGO)
    settings.COUNT_VISITS = "off"
    redirect_uses.bring_up_to_date()
    row.refresh_from_db()
    assert (redirect_uses.how_often(row), redirect_uses.last_used(row)) == ("not counted", "")
    assert not Redirect.objects.filter(redirect_uses.never_used()).exists()
    settings.COUNT_VISITS = "server"
    redirect_uses.bring_up_to_date()
    row.refresh_from_db()
    assert redirect_uses.how_often(row) == "not yet"


@pytest.fixture
def listed(admin_client, parse, text_of):
    """Return a function that gives of each listed address how often and when it was used."""

    def listed(**wanted):
        page = parse(admin_client.get(LIST, wanted))
        found = {}
        for row in page.findall(".//table[@id='result_list']/tbody/tr"):
            cells = [row.find(f"td[@class='field-{name}']") for name in ("how_often", "last_used")]
            found[text_of(row.find("th"))] = [text_of(cell) for cell in cells]
        return found

    return listed


def test_the_list_shows_no_small_number_and_no_day_of_a_few(listed):
    values = {"/often/": (25, TODAY), "/few/": (9, TODAY), "/none/": (0, None)}
    for path, (number, on) in values.items():
        Redirect.objects.create(path=path, used=number, last_used_on=on, counted_since=LONG_AGO)
    Redirect.objects.create(path="/new/")
    assert listed() == {
        "/often/": ["25 times", f"{TODAY:%-d %B %Y}"],
        "/few/": ["fewer than ten times", f"{TODAY:%B %Y}"],
        "/none/": ["never", "-"],
        "/new/": ["not yet", "-"],
    }


def test_it_finds_what_nobody_used_in_90_days_and_sorts_by_use(listed):
    values = {"/a/": (3, LONG_AGO), "/b/": (40, LONG_AGO), "/c/": (0, LONG_AGO), "/d/": (0, TODAY)}
    for path, (number, since) in values.items():
        Redirect.objects.create(path=path, used=number, counted_since=since)
    assert list(listed(used="never")) == ["/c/"]
    assert list(listed(used="used")) == ["/a/", "/b/"]
    assert list(listed(used="nonsense")) == ["/a/", "/b/", "/c/", "/d/"]
    assert next(iter(listed(o="-4"))) == "/b/"


def test_old_addresses_of_articles_say_it_too(admin_client, parse, text_of):
    article = make_article(slug="is")
    SlugRedirect.objects.create(slug="was", article=article, used=15, last_used_on=TODAY)
    table = parse(admin_client.get(LIST)).find(".//section[@aria-labelledby='old']//tbody")
    cells = [text_of(cell) for cell in table.iter("td")]
    assert cells == ["/articles/was/", "/articles/is/", "15 times", f"{TODAY:%-d %B %Y}"]


def test_another_address_begins_with_nothing(admin_client):
    row = Redirect.objects.create(path="/old/", target="/about/", used=12, last_used_on=TODAY)
    given = {"path": "/older/", "target": "/about/", "note": ""}
    assert admin_client.post(f"{LIST}{row.pk}/change/", given).status_code == 302
    row.refresh_from_db()
    assert (row.path, row.used, row.last_used_on) == ("/older/", 0, None)
