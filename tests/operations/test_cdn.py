"""A CDN in front: what pages tell it, and one call after a change, bounded and repeated until it succeeds."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from newsletter.worker import Worker
from operations import cdn
from operations.cdn import Purger
from tests.edge import get, make_edge
from tests.factories import make_article, make_page
from trustsite.configuration import settings_problems
from trustsite.models import CacheVersion
from trustsite.web.serving.page_cache import CACHE_CONTROL

pytestmark = pytest.mark.django_db
SECRET = "Bearer a-secret-of-the-owner"


class Called(BaseHTTPRequestHandler):
    """A CDN's interface: remembers calls, answers what the test wants."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((self.path, dict(self.headers), json.loads(body)))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def service(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Called)
    server.calls, server.status = [], 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.PURGE_URL = f"http://127.0.0.1:{server.server_port}/purge"
    settings.PURGE_HEADER = f"Authorization: {SECRET}"
    settings.PURGE_TAGS_BODY = '{"tags":{tags}}'
    yield server
    server.shutdown()
    server.server_close()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def purger(service):
    CacheVersion.add(["something"])
    clock = Clock()
    made = Purger(clock)
    made.tick()
    clock.now += 10
    service.calls.clear()
    return made, clock


def test_a_worker_that_starts_has_everything_purged(service):
    Purger().tick()
    [(path, headers, body)] = service.calls
    assert (path, body) == ("/purge", {"purge_everything": True})
    assert headers["Authorization"] == SECRET


def test_a_change_is_told_once_by_its_tags(service, purger):
    made, clock = purger
    make_page(slug="about")
    made.tick()
    clock.now += 10
    made.tick()
    [(_, _, body)] = service.calls
    assert {"page:about", "texts", "untagged"} <= set(body["tags"])


def test_changes_that_come_together_are_told_together(service, purger):
    made, _ = purger
    for slug in ("about", "contact", "privacy"):
        make_page(slug=slug)
    made.tick()
    assert len(service.calls) == 1
    assert {"page:about", "page:contact", "page:privacy"} <= set(service.calls[0][2]["tags"])


def test_a_call_that_fails_is_made_again_ever_more_slowly(service, purger, caplog):
    made, clock = purger
    service.status = 500
    make_page(slug="about")
    for second in range(0, 4000, 20):
        clock.now = 100 + second
        made.tick()
    assert 8 < len(service.calls) < 16  # and not four thousand times
    service.status = 200
    clock.now += 601
    service.calls.clear()
    made.tick()
    assert "page:about" in service.calls[0][2]["tags"]
    assert made.waiting == set()
    assert SECRET not in caplog.text


def test_a_service_that_is_away_or_leads_elsewhere_is_a_failure(service, purger, settings):
    made, clock = purger
    service.status = 302
    make_page(slug="about")
    made.tick()
    assert (made.failures, len(service.calls)) == (1, 1)
    settings.PURGE_URL = "http://127.0.0.1:9/purge"
    clock.now += 601
    made.tick()
    assert made.failures == 2
    assert made.waiting


def test_many_tags_are_everything(service, settings):
    cdn.purge({f"page:{number}" for number in range(100)})
    settings.PURGE_TAGS_BODY = ""
    cdn.purge({"page:about"})
    assert [body for _, _, body in service.calls] == [{"purge_everything": True}] * 2


def test_the_worker_does_it_and_what_breaks_there_stops_no_mail(service, settings, monkeypatch):
    monkeypatch.setattr(cdn, "_purger", None)
    Worker().run_others()
    assert len(service.calls) == 1
    settings.WORKER_TIMERS = ["operations.cdn.no_such_thing", *settings.WORKER_TIMERS]
    Worker().run_others()
    settings.PURGE_URL = ""
    cdn.purge_due()
    assert len(service.calls) == 1


def test_pages_name_what_they_are_made_of_to_a_cdn_alone(settings):
    make_article(slug="a")
    settings.CDN_SECONDS = 86_400
    edge = make_edge()
    for _ in range(2):  # made, then kept
        headers = get(edge, "/articles/a/")["headers"]
        assert headers["cache-control"] == CACHE_CONTROL.replace("60,", "60, s-maxage=86400,")
        assert "cards" in headers["cache-tag"].split(",")
        assert headers["surrogate-key"].split(" ") == headers["cache-tag"].split(",")
    assert "/articles/a/" in edge.cache.pages
    settings.CDN_SECONDS = 0
    headers = get(make_edge(), "/articles/a/")["headers"]
    assert headers["cache-control"] == CACHE_CONTROL
    assert "cache-tag" not in headers


def test_a_cdn_that_nobody_tells_of_changes_is_refused(monkeypatch):
    from types import SimpleNamespace

    values = dict.fromkeys(
        "EMAIL_USE_TLS EMAIL_USE_SSL EMAIL_PORT EMAIL_HOST_USER EMAIL_HOST_PASSWORD SECRET_KEY "
        "SUPPRESSION_KEY BEHIND_PROXY TRUSTED_PROXIES MEDIA_S3_BUCKET PURGE_URL "
        "IMAP_HOST IMAP_USER IMAP_PASSWORD BOUNCE_ADDRESS".split(),
        "",
    )
    values |= {
        "SECRET_KEY_FALLBACKS": [],
        "development": True,
        "SITE_URL": "https://a.b",
        "TRUSTED_PROXIES": 0,
    }
    [problem] = settings_problems.of_combinations(SimpleNamespace(**values, CDN_SECONDS=60))
    assert "Set PURGE_URL" in problem
