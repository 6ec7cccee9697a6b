"""The catalogue of promises, as promises.toml has it."""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("promises.toml")


@dataclass(frozen=True)
class Promise:
    """One sentence and what holds it up: tests of the code, looks of doctor, the day somebody looked."""

    id: str
    group: str
    says: str
    tests: tuple[str, ...] = ()
    doctor: tuple[str, ...] = ()
    day: str = ""  # the setting that holds it
    good_for: timedelta = timedelta(0)  # how long that day counts
    check: str = ""  # how a reader can look for themselves
    asks: str = ""  # what the setup checklist asks a person to do
    how: str = ""


@cache
def catalogue() -> tuple[Promise, ...]:
    """Return every promise, in the order of the page."""
    groups = tomllib.loads(FILE.read_text(encoding="utf-8"))["group"]
    return tuple(_promise(group["title"], said) for group in groups for said in group["promise"])


def _promise(group: str, said: dict[str, object]) -> Promise:
    values = {
        name: tuple(value) if isinstance(value, list) else value for name, value in said.items()
    }
    days = values.pop("good_for_days", 0)
    return Promise(group=group, good_for=timedelta(days=days), **values)  # type: ignore[arg-type]
