"""What searches need beside the index, kept in memory.

Crisis words, synonyms, and the words that a guess may be made of.

In the web server a thread of each worker makes it anew when content has changed or fallen due
(CONTENT_IN_MEMORY), so that no reader waits for it. Elsewhere it goes by the version that page caches
watch, and by the hour.
"""

import re
import time
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from threading import Lock

from django.conf import settings
from django.db import Error

from articles.models import Article, CrisisWord, Synonym
from articles.models.search import shipped
from articles.searching.crisis_words import CrisisWords
from articles.searching.synonyms import Synonyms
from prose.rules import words as copy_rules
from prose.rules.source_files import stored_text
from prose.spelling import SHORTEST, NearWords, tokens
from trustsite.models import CacheVersion
from trustsite.web.serving.fragments import remembered

PLACE = "search_words.toml"
MOST = 2_000  # articles (the newest), and crisis words, and synonyms, that are looked at


@dataclass(frozen=True)
class Memory:
    """The crisis words, the synonyms, every word of titles and lists, and those of them that may be suggested."""

    crisis: CrisisWords
    synonyms: Synonyms
    known: frozenset[str]
    suggested: NearWords


class _Kept:
    """The memory, and what it was made from."""

    def __init__(self) -> None:
        self._key: tuple[int, int] | None = None
        self._memory: Memory | None = None
        self._is_watched = False
        self._lock = Lock()

    def get(self) -> Memory:
        """Return the memory; without a database, what was known last or what the content folder says."""
        if self._is_watched and self._memory:
            return self._memory
        try:
            key = (_version(), int(time.time() // 3600))
            with self._lock:
                if self._memory is None or key != self._key:
                    self._memory, self._key = _from_database(), key
                return self._memory
        except Error:
            return _from_folder()

    def remember(self) -> None:
        """Make it anew, and from now on be told when that is needed."""
        self._memory = _from_database()
        self._is_watched = True

    def forget(self) -> None:
        """Make it anew at the next search."""
        self._memory = self._key = None
        self._is_watched = False


VOCABULARY = _Kept()
remember = VOCABULARY.remember


@remembered
def _version() -> int:
    return CacheVersion.current()


def passes_copy_rules(text: str) -> bool:
    """Whether an editor could write `text`.

    What we say to a reader who mistyped obeys the same rules.
    """
    return not any(_slipping_lines([text]))


def _from_database() -> Memory:
    phrases = dict(CrisisWord.objects.values_list("phrase", "kind")[:MOST])
    newest = Article.objects.published().order_by("-publish_at", "-pk")
    texts = newest.values_list("title", "standfirst")[:MOST]
    return _made(
        [*(phrases | shipped()).items()],
        {word for pair in texts for text in pair for word in tokens(text)},
        Synonyms(Synonym.objects.all()[:MOST]),
    )


@cache
def _from_folder() -> Memory:
    return _made(shipped().items(), set(), Synonyms([]))


def _made(phrases: Iterable[tuple[str, str]], of_texts: set[str], synonyms: Synonyms) -> Memory:
    known = frozenset(word for word in [*of_texts, *_listed()] if re.fullmatch(r"[a-z]+", word))
    crisis, suggested = _near_spellings(tuple(phrases), known)
    return Memory(crisis, synonyms, known, suggested)


@lru_cache(maxsize=2)  # few changes of content are changes of these
def _near_spellings(
    phrases: tuple[tuple[str, str], ...], known: frozenset[str]
) -> tuple[CrisisWords, NearWords]:
    """Return the crisis words, and the known words that may be suggested."""
    words, crisis = sorted(known), CrisisWords(phrases)
    slipping = set(_slipping_lines(words))
    suggested = [
        word
        for place, word in enumerate(words)
        if len(word) >= SHORTEST and place not in slipping and not crisis.kinds(word, known)
    ]
    return crisis, NearWords(suggested)


def _listed() -> list[str]:
    listed: list[str] = tomllib.loads((settings.CONTENT_DIR / PLACE).read_text())["words"]
    return listed


def _slipping_lines(texts: list[str]) -> Iterator[int]:
    """Yield the place of each text that breaks a copy rule."""
    text = stored_text("articles", "search", {}, "\n\n".join(texts))
    for match in copy_rules.matches(text, [], set()):
        yield (match.line - text.body_line - 1) // 2
