"""A site that counts, in a test: the edge with a counter of its own, written when the test says so."""

from datetime import date

import pytest

from analytics.counting import Counting
from analytics.models import DailySum
from analytics.visits import VisitCounter
from tests.edge import get
from trustsite.web.serving.edge import Edge
from trustsite.wsgi import django_application

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


class Site:
    """The edge with its counting."""

    def __init__(self, counting, *, reads=True, site="http://127.0.0.1:8000"):
        self.counting = counting
        self.visits = VisitCounter(counting, reads=reads, site=f"{site}/")
        self.edge = Edge(django_application, self.visits)
        self.edge.prepare()
        self.edge.cache.drop("/get-help/")
        self.edge.refresher.versions.check()

    def open(self, path, agent=FIREFOX, **headers):
        return get(self.edge, path, HTTP_USER_AGENT=agent, **headers)

    def post(self, path, body, agent=FIREFOX, **headers):
        import io

        return get(
            self.edge,
            path,
            method="POST",
            HTTP_USER_AGENT=agent,
            CONTENT_TYPE="application/x-www-form-urlencoded",
            CONTENT_LENGTH=str(len(body)),
            **{"wsgi.input": io.BytesIO(body.encode())},
            **headers,
        )

    def sums(self):
        """Write what may be written; return all sums by kind and name."""
        self.counting.tick()
        return sums()


def sums():
    found = {}
    for kind, name, count in DailySum.objects.values_list("kind", "name", "count"):
        found[kind, name] = found.get((kind, name), 0) + count
    return found


@pytest.fixture
def counting(settings, tmp_path, monkeypatch):
    """The counting of a process, which the newsletter's mails are counted by too."""
    settings.DATA_DIR = tmp_path
    counting = Counting()
    monkeypatch.setattr("analytics.api.COUNTING", counting)
    return counting


@pytest.fixture
def site(db, counting, settings):
    return Site(counting, site=settings.SITE_URL)


@pytest.fixture
def on_day(monkeypatch):
    """Let it be a day."""
    from datetime import UTC, datetime

    def on_day(year, month, day):
        moment = datetime(year, month, day, 12, tzinfo=UTC)
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
        return date(year, month, day)

    return on_day
