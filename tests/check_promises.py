"""What `make check` asks of the promises: every test that one names can be collected, and nothing leaves it out.

python -m tests.check_promises [other.toml]
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from operations.promises import catalogue, named_tests

LEFT_OUT = ("skip", "skipif", "xfail")


class Collected:
    """What pytest has found: ids without parameters, and those that a mark leaves out."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.left_out: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            name = item.nodeid.partition("[")[0]
            self.ids.add(name)
            if any(item.get_closest_marker(mark) for mark in LEFT_OUT):
                self.left_out.add(name)


def broken(promises: Sequence[catalogue.Promise]) -> list[str]:
    """Return a line for each test that doesn't hold its promise up."""
    named = sorted({test for promise in promises for test in promise.tests})
    files = sorted({test.partition("::")[0] for test in named})
    found = Collected()
    there = [file for file in files if Path(file).exists()]
    pytest.main(["--collect-only", "-qqq", "-p", "no:randomly", *there], plugins=[found])
    lines = []
    for promise in promises:
        for test in promise.tests:
            if test not in found.ids:
                lines.append(f"{promise.id}: there is no test {test}.")
            elif test in found.left_out or not named_tests.is_there(test):
                lines.append(f"{promise.id}: {test} can be left out.")
    return lines


if __name__ == "__main__":
    if len(sys.argv) > 1:
        catalogue.FILE = Path(sys.argv[1])
    problems = broken(catalogue.catalogue())
    sys.exit("\n".join(problems) if problems else 0)
