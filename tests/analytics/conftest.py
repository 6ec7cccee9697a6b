"""A site that counts, in a test: the edge with a counter of its own, written when the test says so."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

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

    def __init__(
        self, counting: Counting, *, reads: bool = True, site: str = "http://127.0.0.1:8000"
    ) -> None:
        self.counting = counting
        self.visits = VisitCounter(counting, reads=reads, site=f"{site}/")
        self.edge = Edge(django_application, self.visits)
        self.edge.prepare()
        self.edge.refresher.versions.check()

    def open(self, path: str, agent: str = FIREFOX, **headers: Any) -> Any:
        return get(self.edge, path, HTTP_USER_AGENT=agent, **headers)

    def post(self, path: str, body: str, agent: str = FIREFOX, **headers: Any) -> Any:
        import io

        sent: dict[str, Any] = {"wsgi.input": io.BytesIO(body.encode())}
        return get(
            self.edge,
            path,
            method="POST",
            HTTP_USER_AGENT=agent,
            CONTENT_TYPE="application/x-www-form-urlencoded",
            CONTENT_LENGTH=str(len(body)),
            **sent,
            **headers,
        )

    def sums(self) -> dict[tuple[str, str], int]:
        """Write what may be written; return all sums by kind and name."""
        self.counting.tick()
        return sums()


def sums() -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for kind, name, count in DailySum.objects.values_list("kind", "name", "count"):
        found[kind, name] = found.get((kind, name), 0) + count
    return found


@pytest.fixture
def counting(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    """The counting of a process, which the newsletter's mails are counted by too."""
    settings.DATA_DIR = tmp_path
    counting = Counting()
    monkeypatch.setattr("analytics.api.COUNTING", counting)
    return counting


@pytest.fixture
def site(db: None, counting: Counting, settings: Any) -> Site:
    return Site(counting, site=settings.SITE_URL)


@pytest.fixture
def on_day(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int, int], date]:
    """Let it be a day."""
    from datetime import UTC, datetime

    def on_day(year: int, month: int, day: int) -> date:
        moment = datetime(year, month, day, 12, tzinfo=UTC)
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
        return date(year, month, day)

    return on_day
