"""Constant time: answers that take as long whatever is known of an address.

A stranger's address costs less work than one on the list: some milliseconds, which patience could
measure. So what a form causes takes a fixed time, several times longer than the work. The limits on
forms keep that from costing anybody else.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

MIN_SECONDS = 0.1  # seconds


@contextmanager
def constant_time() -> Iterator[None]:
    """Let what is inside take MIN_SECONDS seconds. An error comes out at once."""
    end = time.perf_counter() + MIN_SECONDS
    yield
    time.sleep(max(0.0, end - time.perf_counter()))
