"""How much is tried: the same few hundred requests in every `make test`, others each time in `make fuzz`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings

from tests.fuzz import world
from tests.fuzz.asking import Visitor

CHECKS = list(HealthCheck)
settings.register_profile(
    "short",
    derandomize=True,
    deadline=None,
    suppress_health_check=CHECKS,
    database=None,
    phases=[
        Phase.explicit,
        Phase.generate,
    ],  # the first that fails is told; `make fuzz` makes it small
)
settings.register_profile(
    "long",
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "400")),
    deadline=None,
    suppress_health_check=CHECKS,
    database=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
IS_LONG = "FUZZ_EXAMPLES" in os.environ
settings.load_profile("long" if IS_LONG else "short")


def examples(number: int) -> settings:
    """Return the settings of a test that tries so many examples; `make fuzz` tries more."""
    return settings() if IS_LONG else settings(max_examples=number)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo what a request wrote, so that the next meets the same site."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def values(db: None, settings: Any) -> world.Values:
    settings.REQUIRE_SECOND_FACTOR = False
    settings.MAIL_SERVICE = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "a:b"}
    return world.build()


@pytest.fixture
def stranger(values: world.Values) -> Iterator[Visitor]:
    visitor = Visitor()
    yield visitor
    visitor.threads.end()


@pytest.fixture
def owner(values: world.Values) -> Iterator[Visitor]:
    visitor = Visitor(world.session())
    yield visitor
    visitor.threads.end()
