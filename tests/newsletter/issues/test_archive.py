"""The public archive: each letter's own choice, without offers and without anybody's links."""

import pytest
from django.core.cache import cache
from django.db import OperationalError

from articles import api as articles
from articles.models import SearchDocument
from newsletter.issues import archive, copies, lifecycle, scheduling
from newsletter.models import Letter
from tests.factories import make_letter, make_offer, make_page, make_subscriber
from trustsite.models import CacheVersion

pytestmark = pytest.mark.django_db
LIST, FEED, MAP = "/newsletter/issues/", "/newsletter/issues/feed/", "/sitemap-pages.xml"


@pytest.fixture
def sent(work, settings):
    """A letter that has gone out to one person."""
    settings.LETTER_OFFERS = True
    make_offer()
    make_page(slug="affiliate-disclosure")
    make_subscriber(wants_letters=True)
    body = "Hello,\n\nA word.\n\n:::offer online-therapy\n\n:::quiz\n\n## More\n\n- One\n- [Two](/get-help/)"
    letter = make_letter(body=body, in_archive=True)
    scheduling.send_now(letter)
    work()
    letter.refresh_from_db()
    assert letter.state == "sent"
    return letter


def shown(client, letter):
    cache.clear()
    page = client.get(f"{LIST}{letter.pk}/")
    places = [client.get(place).content.decode() for place in (LIST, FEED, MAP)]
    return page.status_code == 200, [f"{LIST}{letter.pk}/" in place for place in places]


def test_a_letter_whose_editor_chose_it_can_be_read_by_anybody(client, sent):
    assert shown(client, sent) == (True, [True] * 3)
    page = client.get(f"{LIST}{sent.pk}/")
    said = page.content.decode()
    assert "A word." in said
    assert "is not a substitute for professional mental health advice" in said
    assert page.headers["Cache-Control"].startswith("public")


@pytest.mark.parametrize("place", ["page", FEED])
def test_it_holds_no_offer_and_nobodys_links(client, sent, place, work, mailoutbox):
    said = client.get(f"{LIST}{sent.pk}/" if place == "page" else FEED).content.decode()
    assert "A word." in said
    for word in ("partner.example", "unsubscribe/", "settings/", "list-unsubscribe"):
        assert word not in said.lower()


def test_the_page_of_the_guide_leads_to_it_while_there_is_one(client, sent):
    assert f'href="{LIST}"' in client.get("/guide/").content.decode()
    Letter.objects.update(in_archive=False)
    archive.changed(sent)
    cache.clear()
    assert f'href="{LIST}"' not in client.get("/guide/").content.decode()


def test_the_page_of_the_guide_is_there_without_a_database(client, monkeypatch):
    def away():
        raise OperationalError("the database is away")

    monkeypatch.setattr(archive, "published", away)
    assert client.get("/guide/").status_code == 200


def test_the_mail_itself_had_both(sent, mailoutbox):
    html = mailoutbox[0].alternatives[0][0]
    assert "partner.example" in html
    assert "unsubscribe/" in html


@pytest.mark.parametrize(
    "over",
    [{"in_archive": False}, {"state": "withdrawn"}, {"state": "sending"}, {"state": "draft"}],
)
def test_any_other_letter_is_nobodys_to_read(client, sent, over):
    Letter.objects.filter(pk=sent.pk).update(**over)
    assert shown(client, sent) == (False, [False] * 3)


def found(letter):
    return SearchDocument.objects.filter(path=archive.url_of(letter)).exists()


def test_the_search_knows_a_letter_as_long_as_anybody_can_read_it(
    admin_client, sent, django_capture_on_commit_callbacks
):
    step = f"/admin/newsletter/letter/{sent.pk}/sending/"
    for name in ("hide", "show"):
        with django_capture_on_commit_callbacks(execute=True):
            admin_client.post(f"{step}{name}/")
        assert found(sent) == (name == "show")
    Letter.objects.filter(pk=sent.pk).update(state="sending")
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.withdraw(Letter.objects.get(pk=sent.pk))
    assert not found(sent)


def test_reading_all_pages_for_the_search_reads_the_letters(sent):
    articles.index_pages()
    assert found(sent)


def test_off_is_the_default():
    assert make_letter().in_archive is False


def test_choosing_and_withdrawing_drop_the_kept_pages(admin_client, sent):
    before = CacheVersion.current()
    admin_client.post(f"/admin/newsletter/letter/{sent.pk}/sending/hide/")
    assert not archive.published().exists()
    admin_client.post(f"/admin/newsletter/letter/{sent.pk}/sending/show/")
    assert CacheVersion.current() == before + 2
    other = make_letter(in_archive=True)
    lifecycle.withdraw(other)
    copies.settle()
    assert CacheVersion.current() == before + 3


def test_the_pages_cost_the_same_whatever_the_number_of_letters(
    client, sent, django_assert_num_queries
):
    for number in (1, 10):
        for _ in range(number):
            Letter.objects.create(
                subject="x",
                body="y",
                state="sent",
                in_archive=True,
                sent_subject="x",
                finished_at=sent.finished_at,
            )
        with django_assert_num_queries(1):
            client.get(LIST)
