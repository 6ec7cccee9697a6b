"""Long lists at the desk: a page costs the same wherever it is and however long the list, and no row is counted in vain."""

import re

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletter.admin import keyset
from newsletter.admin.read_only import ReadOnlyAdmin
from newsletter.hashing import fingerprint
from newsletter.list_files import jobs
from newsletter.models import Delivery, ListJob, Subscriber
from tests.factories import make_delivery, make_letter, make_subscriber

pytestmark = pytest.mark.django_db
DELIVERIES, PEOPLE = "/admin/newsletter/delivery/", "/admin/newsletter/subscriber/"


@pytest.fixture
def crowd():
    """A letter to 250 people, and one mail of it that failed first."""
    names = [f"r{number}@example.org" for number in range(250)]
    confirmed = {"state": "confirmed", "wants_letters": True, "confirmed_at": timezone.now()}
    people = [
        Subscriber(address=name, fingerprint=fingerprint(name), **confirmed) for name in names
    ]
    people = Subscriber.objects.bulk_create(people)
    letter = make_letter(state="sent", started_at=timezone.now())
    rows = [Delivery(kind="letter", letter=letter, subscriber=one, state="sent") for one in people]
    rows[0].state = "failed"
    Delivery.objects.bulk_create(rows)
    return letter


def rows_of(response):
    page = html5lib.parse(response.content.decode(), namespaceHTMLElements=False)
    return page.findall(".//table[@id='result_list']/tbody/tr"), page


@pytest.mark.parametrize("where", [DELIVERIES, PEOPLE])
def test_pages_follow_each_other_and_every_row_is_on_one(admin_client, crowd, where):
    seen, address = 0, where
    for size in (100, 100, 50):
        rows, page = rows_of(admin_client.get(address))
        assert len(rows) == size
        seen += len(rows)
        older = [
            link for link in page.findall(".//p[@class='paginator']/a") if link.text == "Older"
        ]
        address = where + older[0].get("href") if older else ""
    assert (seen, address) == (250, "")


@pytest.mark.parametrize("place", ["nonsense", "-1", "9" * 30, "0"])
def test_a_place_that_makes_no_sense_is_no_error(admin_client, crowd, place):
    assert admin_client.get(f"{DELIVERIES}?before={place}").status_code == 200


FILTERS = {
    "deliveries": DELIVERIES,
    "by letter": DELIVERIES + "?letter={letter}",
    "by state": DELIVERIES + "?state__exact=failed",
    "by letter and state": DELIVERIES + "?letter={letter}&state__exact=failed",
    "by person": DELIVERIES + "?subscriber__id__exact=1",
    "people": PEOPLE,
    "people by state": PEOPLE + "?state__exact=returned",
}


def list_queries(client, address):
    """Return the statements that read the list's own rows."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    table = "newsletter_delivery" if address.startswith(DELIVERIES) else "newsletter_subscriber"
    found = [query["sql"] for query in queries]
    return [sql for sql in found if f'FROM "{table}"' in sql], len(found)


@pytest.mark.parametrize("name", FILTERS)
def test_the_database_sorts_nothing_and_counts_with_an_end(admin_client, crowd, name):
    statements, _ = list_queries(admin_client, FILTERS[name].format(letter=crowd.pk))
    assert statements
    for sql in statements:
        assert "OFFSET" not in sql
        assert "LIMIT" in sql, "a count or a read without an end"
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                plan = " ".join(str(row) for row in cursor.fetchall())
            assert "TEMP B-TREE" not in plan, f"{sql}: {plan}"


def test_django_s_own_paging_would_count_and_skip(admin_client, crowd, monkeypatch):
    from django.contrib.admin.views.main import ChangeList

    monkeypatch.setattr(keyset.KeysetChangeList, "get_results", ChangeList.get_results)
    statements, _ = list_queries(admin_client, f"{DELIVERIES}?p=2")
    assert any("COUNT" in sql and "LIMIT" not in sql for sql in statements)


def test_who_did_not_get_a_letter_is_a_link_and_can_be_sent_to_again(admin_client, crowd):
    sending = admin_client.get(f"/admin/newsletter/letter/{crowd.pk}/sending/").content.decode()
    [query] = set(re.findall(r'delivery/(\?letter=\d+&amp;state__exact=failed)"', sending))
    query = query.replace("&amp;", "&")
    rows, _ = rows_of(admin_client.get(DELIVERIES + query))
    assert len(rows) == 1
    admin_client.post(f"{DELIVERIES}again/{query}")
    jobs.run_all()
    assert Delivery.objects.get(state="queued").letter == crowd
    assert ListJob.objects.get().counts == {"again": 1}


@pytest.mark.parametrize("query", ["", "?state__exact=sent", "?letter=1"])
def test_a_whole_list_that_went_well_is_never_sent_again(admin_client, crowd, query):
    admin_client.post(f"{DELIVERIES}again/{query}")
    assert not ListJob.objects.exists()


def test_the_first_page_of_the_desk_reads_no_long_table(admin_client, crowd):
    make_delivery(state="unknown", subscriber=make_subscriber())
    with CaptureQueriesContext(connection) as queries:
        admin_client.get("/admin/")
    found = [query["sql"] for query in queries if 'FROM "newsletter_delivery"' in query["sql"]]
    assert all("LIMIT" in sql for sql in found)


def send_all_again(client):
    ticked = {"_selected_action": Delivery.objects.get(state="failed").pk, "select_across": "1"}
    return client.post(DELIVERIES, {"action": "send_again", **ticked}, follow=True)


def test_no_request_does_something_with_every_row_of_a_list(admin_client, crowd):
    assert "tick the rows" in send_all_again(admin_client).content.decode()
    assert not Delivery.objects.filter(state="queued").exists()


def test_the_admin_s_own_way_would_send_to_everybody_again(admin_client, crowd, monkeypatch):
    monkeypatch.delattr(ReadOnlyAdmin, "response_action")
    send_all_again(admin_client)
    assert Delivery.objects.filter(state="queued").count() == 250
