"""Waiting for a state: how tests wait.

The bound is generous, for it costs nothing when the state comes, also on a machine that is busy or
slow.
"""

import time
from collections.abc import Callable

PATIENCE = 120  # seconds


def wait_until(condition: Callable[[], object], pause: float = 0.05) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(pause)
