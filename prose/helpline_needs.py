"""What people call a line for, where each line is for, and which of it a country has no line for.

`helplines.toml` says both of every line: `needs`, and the `region` of those that serve a part of a
country alone.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

# The needs that every country is asked about, and how a page says that it has no line for one.
GRID = {
    "crisis": "for a crisis",
    "violence": "for abuse by a partner or relative",
    "sexual-violence": "for rape or sexual abuse",
    "stalking": "for stalking",
    "older": "for the abuse of older people",
    "childhood": "for adults who were hurt as children",
    "child": "for adults worried about a child",
    "youth": "for young people",
    "lgbt": "for LGBT+ people",
    "men": "just for men",
    "own-behaviour": "for people worried about their own behaviour",
}
NEEDS = [*GRID, "slavery", "indigenous", "veterans", "treatment", "directory"]

# The needs that every country in the list keeps a line for, once it has one.
PROMISED = ("crisis", "violence", "sexual-violence")

# The headings of a country's lines. A line stands once, under the heading of its first need.
GROUPS = {
    "Someone to talk to, day or night": {"crisis", "indigenous", "veterans"},
    "If someone hurts or frightens you": {
        "violence",
        "sexual-violence",
        "stalking",
        "older",
        "childhood",
        "slavery",
    },
    "For a child or a young person": {"child", "youth"},
    "Run for LGBT+ people, or for men": {"lgbt", "men"},
    "If you worry about how you treat others": {"own-behaviour"},
    "More places to look": {"treatment", "directory"},
}

# The parts of a country whose services differ.
REGIONS = {"gb": ["England", "Wales", "Scotland", "Northern Ireland"]}
ANYWHERE = "any"  # the code of what is in no country of ours


class Line(Protocol):
    """What of a helpline is asked about here."""

    country: str
    region: str
    needs: list[str]


def unknown(needs: Iterable[str]) -> list[str]:
    """Return those of `needs` that nothing here knows."""
    return [need for need in needs if need not in NEEDS]


def regions_of(region: str) -> list[str]:
    """Return the parts of a country that a line's `region` names: "England and Wales" is two."""
    return region.split(" and ") if region else []


def regions_are_known(country: str, region: str) -> bool:
    """Whether `region` is empty, or names parts of `country`."""
    return set(regions_of(region)) <= set(REGIONS.get(country, []))


def group_of(needs: Sequence[str]) -> str:
    """Return the heading that a line with these needs stands under."""
    first = needs[0] if needs else "crisis"
    return next((heading for heading, those in GROUPS.items() if first in those), "")


def has(lines: Iterable[Line], need: str, country: str, region: str = "") -> bool:
    """Whether one of `lines` answers `need` in this part of the country, or in all of it."""
    return any(
        line.country == country
        and need in line.needs
        and (not line.region or region in regions_of(line.region))
        for line in lines
    )


def grid(lines: Iterable[Line], country: str) -> dict[str, list[str]]:
    """Return for each need the places of `country` that no line answers; "" is all of it."""
    known = list(lines)
    places = REGIONS.get(country, [""])
    unanswered: dict[str, list[str]] = {}
    for need in GRID:
        unanswered[need] = [place for place in places if not has(known, need, country, place)]
    return unanswered


def holes(lines: Iterable[Line], country: str) -> list[str]:
    """Return in words what this country has no line for: "for stalking", "for a crisis in Wales"."""
    if country == ANYWHERE:
        return []
    return [
        _hole(GRID[need], places, country)
        for need, places in grid(lines, country).items()
        if places
    ]


def _hole(words: str, places: list[str], country: str) -> str:
    everywhere = places == REGIONS.get(country, [""])
    return words if everywhere else f"{words} in {' or '.join(places)}"
