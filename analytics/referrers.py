"""Referrers: of the site that led here its name, from a fixed list by kind, and nothing else."""

import tomllib
from functools import cache, lru_cache
from pathlib import Path

OTHER = "other site"
FILE = Path(__file__).with_name("referrers.toml")
MAX_HOSTS = 1_024  # remembered, in a process
LONGEST = 300  # characters of a referrer that are looked at


@cache
def _hosts() -> tuple[dict[str, str], dict[str, str]]:
    """Return the names by the ends of hosts, and by single parts of them."""
    ends: dict[str, str] = {}
    parts: dict[str, str] = {}
    for kind, sites in tomllib.loads(FILE.read_text()).items():
        for name, rule in sites.items():
            ends |= dict.fromkeys(rule.get("ends", ()), f"{kind}: {name}")
            parts |= dict.fromkeys(rule.get("parts", ()), f"{kind}: {name}")
    return ends, parts


def names() -> frozenset[str]:
    """Return all that can be kept."""
    ends, parts = _hosts()
    return frozenset({*ends.values(), *parts.values(), OTHER})


def name_of(referrer: str) -> str:
    """Return the name of the site in a Referer header: `search: Google`, `social: Reddit`, `other site`."""
    return _name_of_host(referrer[:LONGEST].partition("://")[2].partition("/")[0])


@lru_cache(MAX_HOSTS)
def _name_of_host(host: str) -> str:
    labels = host.rpartition("@")[2].partition(":")[0].lower().split(".")
    ends, parts = _hosts()
    # The longest end first: mail.google.com is a mailbox, and not the search.
    for start in range(len(labels)):
        if name := ends.get(".".join(labels[start:])):
            return name
    return next((parts[label] for label in labels if label in parts), OTHER)
