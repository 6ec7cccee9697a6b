"""A real PostgreSQL and a real Redis, started once and gone when the tests are over."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests import servers

MISSING = "{} isn't installed: sudo apt-get install -y postgresql redis-server"


def need(running: Any, name: str) -> Any:
    """Leave the test out where a server isn't installed, unless it must be."""
    if running is None:
        (pytest.fail if os.environ.get("REQUIRE_SERVERS") else pytest.skip)(MISSING.format(name))
    return running


@pytest.fixture(scope="session")
def _postgresql() -> Iterator[Any]:
    with servers.postgresql() as running:
        yield running


@pytest.fixture(scope="session")
def _redis() -> Iterator[Any]:
    with servers.redis() as running:
        yield running


@pytest.fixture
def postgresql(_postgresql: Any) -> Any:
    """A running PostgreSQL server."""
    return need(_postgresql, "PostgreSQL")


@pytest.fixture
def redis(_redis: Any) -> Any:
    """The address of a running Redis."""
    return need(_redis, "Redis")
