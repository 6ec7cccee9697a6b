"""Robots: the list of the package crawler-user-agents, as words to look for and the few patterns that aren't words.

The list is in regular expressions, nearly all of them words. Looking for words takes a quarter of the
time (decision 19), and costs a stranger's agent no more than its length.
"""

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

FILE = "crawler-user-agents.json"  # of the package
LONGEST = 512  # characters of an agent that are looked at
SPECIAL = re.compile(r"[*+?{}()|$^\[\]]|\\[a-zA-Z]")
ESCAPED = re.compile(r"\\.")
ANYTHING = r"[\s\S]*"  # between two words of a pattern: the last word says enough


@cache
def words_and_patterns() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words, and the patterns that are none."""
    words, patterns = set(), set()
    for listed in _listed():
        pattern = listed.rpartition(ANYTHING)[2]
        if SPECIAL.search(ESCAPED.sub(_unless_special, pattern)):
            patterns.add(pattern)
        else:
            words.add(ESCAPED.sub(lambda match: match[0][1], pattern))
    return tuple(sorted(words)), tuple(sorted(patterns))


def _listed() -> list[str]:
    """Return the list's patterns. The package would keep 2 MB of examples and addresses beside them in each process."""
    package = find_spec("crawleruseragents")
    file = Path(package.origin if package and package.origin else "").with_name(FILE)
    patterns: list[str] = json.loads(file.read_text(), object_hook=lambda entry: entry["pattern"])
    return patterns


def _unless_special(match: re.Match[str]) -> str:
    """Return an escaped letter as it is, for it stands for a class; any other escaped character is itself."""
    return match[0] if match[0][1].isalpha() else ""


@cache
def _others() -> re.Pattern[str]:
    return re.compile("|".join(words_and_patterns()[1]))


def is_robot(agent: str) -> bool:
    """Whether an agent is a robot's. Who names none is taken for one: browsers do."""
    agent = agent[:LONGEST]
    words, _ = words_and_patterns()
    return not agent or any(word in agent for word in words) or bool(_others().search(agent))
