"""Link targets: from when on a link of ours leads somewhere, kept up as what readers can open changes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.linking import link_targets
from articles.linking.link_targets import NEVER, Follower, openings
from articles.models import Redirect, SlugRedirect, TextUse
from tests.factories import make_article, make_page, make_response, make_topic

pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(days=3)
WITHDRAWN = {"state": "withdrawn", "withdrawn_note": "It was wrong."}


def noted():
    """What stands beside each link of all texts."""
    return dict(TextUse.objects.filter(how="link").values_list("target", "opens_at"))


def test_it_says_of_each_place_from_when_on_readers_find_a_page():
    topic, empty = make_topic(slug="shelf"), make_topic(slug="empty")
    make_article(slug="open", topic=topic)
    make_article(slug="soon", topic=topic, publish_at=LATER)
    make_article(slug="draft", topic=empty, state="draft", publish_at=None)
    make_article(slug="gone", **WITHDRAWN)
    make_article(slug="led-on", leads_to="/articles/open/", **WITHDRAWN)
    SlugRedirect.objects.create(slug="was-open", article_id=make_article(slug="is-open").pk)
    make_page(slug="about")
    make_response(key="freeze")
    Redirect.objects.create(path="/printed/", target="/about/")
    Redirect.objects.create(path="/old/", is_prefix=True, target="/articles/gone/")
    Redirect.objects.create(path="/gone-for-good/")
    Redirect.objects.create(path="/folder/", is_prefix=True, target="/about/")
    Redirect.objects.create(path="/folder/gone/")
    Redirect.objects.create(path="/later/", target="/articles/soon/")
    expected = {
        "/articles/open/": None,
        "/articles/soon/": LATER,
        "/articles/draft/": NEVER,
        "/articles/gone/": NEVER,
        "/articles/led-on/": None,
        "/articles/was-open/": None,
        "/articles/nowhere/": NEVER,
        "/topics/shelf/": None,
        "/topics/empty/": NEVER,
        "/about/": None,
        "/no-page/": NEVER,
        "/responses/freeze/": None,
        "/responses/other/": NEVER,
        "/quiz/": None,
        "/admin/": NEVER,
        "/printed/": None,
        "/old/deep/": NEVER,
        "/gone-for-good/": NEVER,
        "/folder/any/": None,
        "/folder/gone/": NEVER,
        "/later/": LATER,
        "/": None,
    }
    assert openings(expected) == expected


def test_however_many_places_a_few_queries_ask_for_them():
    make_article()
    with CaptureQueriesContext(connection) as few:
        openings(["/articles/a/", "/topics/a/"])
    with CaptureQueriesContext(connection) as many:
        openings([f"/{kind}/a{n}/" for n in range(140) for kind in ("articles", "topics")])
    assert len(many) == len(few)


def test_a_save_notes_where_its_own_links_lead():
    make_article(slug="there")
    body = "[One](/articles/there/), [two](/articles/not-there/), [call](tel:116123)."
    make_article(body=body)
    assert noted() == {
        "/articles/there/": None,
        "/articles/not-there/": NEVER,
        "number:116123": None,
    }


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def follower(clock):
    follower = Follower(lambda: clock[0])
    follower.tick()
    return follower


def test_the_worker_notes_anew_what_changed_elsewhere(follower, clock):
    target = make_article(slug="there")
    make_page(body="[One](/articles/there/).")
    assert noted() == {"/articles/there/": None}
    target.state, target.withdrawn_note = "withdrawn", "It was wrong."
    target.save()
    follower.tick()
    assert noted() == {"/articles/there/": None}  # it has looked just now
    clock[0] += link_targets.APART
    follower.tick()
    assert noted() == {"/articles/there/": NEVER}
    Redirect.objects.create(path="/other/", target="/")
    make_article(slug="new")
    target.state = "published"
    target.save()
    clock[0] += link_targets.APART
    follower.tick()
    assert noted() == {"/articles/there/": None}


def test_it_goes_through_all_of_them_some_at_a_time(monkeypatch, follower, clock):
    monkeypatch.setattr(link_targets, "SOME", 2)
    make_article(body=" ".join(f"[{n}](/articles/a{n}/)" for n in range(5)))
    TextUse.objects.update(opens_at=None)
    clock[0] += link_targets.APART
    left = []
    for _ in range(3):
        follower.tick()
        left.append(sum(opening is None for opening in noted().values()))
    assert left == [3, 1, 0]
    assert follower.place is None


def test_while_nothing_changes_it_asks_for_the_version_alone(follower, clock):
    make_article(body="[One](/articles/there/).")
    clock[0] += link_targets.APART
    follower.tick()
    clock[0] += link_targets.APART
    with CaptureQueriesContext(connection) as queries:
        follower.tick()
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        follower.not_before = clock[0] + 1
        follower.tick()
    assert len(queries) == 0
