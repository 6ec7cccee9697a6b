"""A real PostgreSQL and a real Redis, started once and gone when the tests are over."""

import os

import pytest

from tests import servers

MISSING = "{} isn't installed: sudo apt-get install -y postgresql redis-server"


def need(running, name):
    """Leave the test out where a server isn't installed, unless it must be."""
    if running is None:
        (pytest.fail if os.environ.get("REQUIRE_SERVERS") else pytest.skip)(MISSING.format(name))
    return running


@pytest.fixture(scope="session")
def _postgresql():
    with servers.postgresql() as running:
        yield running


@pytest.fixture(scope="session")
def _redis():
    with servers.redis() as running:
        yield running


@pytest.fixture
def postgresql(_postgresql):
    """A running PostgreSQL server."""
    return need(_postgresql, "PostgreSQL")


@pytest.fixture
def redis(_redis):
    """The address of a running Redis."""
    return need(_redis, "Redis")
