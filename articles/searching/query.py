"""Search: what a reader typed, understood, looked up and put in order.

A word counts in all its forms and in British and American spelling, titles count before texts, rare
words before common ones, pages with more of the words before others, and the last word may be
unfinished. What editors have set as a synonym is looked for as well. Nothing a reader types is an
operator. No query is kept or logged.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import NamedTuple

from django.utils import timezone
from django.utils.safestring import SafeString

from articles.models import SearchDocument
from articles.searching import index
from articles.searching.stems import STOP, STOP_STEMS, stem, stems
from articles.searching.vocabulary import Memory, passes_copy_rules
from prose.document import trusted
from prose.spelling import SHORTEST, tokens

LONGEST = 100  # characters of a query that count
MOST_CONCEPTS = 8
HITS = 20
LEAST = 0.05  # of the best page's score that the last one shown has
IN_DANGER = 5  # pages shown under the people to talk to
EXTRACT = 180  # characters, give or take a word
HEADING = 40  # characters that a line without a sentence may have
WEIGHTS = {"title": 8.0, "head": 3.0, "often": 2.0, "text": 1.0}
MEANT = 0.7  # what a synonym counts beside the word itself
ARTICLE = 1.1  # what an article counts beside another page that says as much


@dataclass(frozen=True)
class Hit:
    """A page that was found: what it says of itself, and a piece of its text with the words marked."""

    title: str
    path: str
    label: str  # what it is, and of an article how long it takes
    summary: str
    extract: SafeString


@dataclass(frozen=True)
class Results:
    """The pages found, the best first. `instead` is the query that was answered when what was typed is in no page of ours."""

    hits: list[Hit] = field(default_factory=list)
    instead: str = ""
    is_too_short: bool = False  # nothing that was typed can be looked for

    def in_danger(self) -> "Results":
        """Return the few to put before somebody in danger: articles and tools; no quiz, nothing to sign up for.

        A deadly word and the sentence round it are nothing to hold before them: each is named by what it is about.
        """
        hits = [hit for hit in self.hits if hit.path.startswith(("/articles/", "/tools/"))]
        shown = [replace(hit, extract=trusted(escape(hit.summary))) for hit in hits[:IN_DANGER]]
        return Results(shown, is_too_short=self.is_too_short)


@dataclass(frozen=True)
class Concept:
    """One thing that a query is about: the word or phrase as typed, and what else it is called."""

    typed: str
    words: tuple[str, ...]
    meanings: tuple[tuple[str, ...], ...] = ()
    unfinished: str = ""  # the last word as it stands, when it may go on

    @property
    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        """Return the words as typed, finished or not."""
        return (self.words, (f"{self.unfinished}*",)) if self.unfinished else (self.words,)

    @property
    def every_word(self) -> set[str]:
        """Return all stems that say it."""
        return {*self.words, *(word for meaning in self.meanings for word in meaning)}


def search(query: str, memory: Memory, may_guess: bool = True) -> Results:
    """Return the pages that `query` is about.

    With `may_guess`, a word in no page of ours is read as the nearest one that is.
    """
    concepts = understood(query, memory)
    if not concepts:
        return Results(is_too_short=bool(tokens(query)))
    found = _look_up(concepts)
    instead = ""
    if may_guess and (guess := _guessed(concepts, found, memory)):
        instead, concepts = guess, understood(guess, memory)
        found = _look_up(concepts)
    return Results(_hits(_scores(found), concepts), instead)


def understood(query: str, memory: Memory) -> list[Concept]:
    """Return what a query is about: phrases with synonyms, and every other word that says something."""
    typed = tokens(query[:LONGEST])
    concepts, words = [], []
    place = 0
    while place < len(typed):
        size, meanings = memory.synonyms.at(typed, place)
        taken = typed[place : place + size]
        if meanings:
            concepts.append(_phrase(taken, meanings))
        else:
            words += [word for word in taken if _says_something(word)]
            if taken[0] in words and taken[0] not in STOP:
                concepts.append(_word(taken[0], is_last=place == len(typed) - 1))
        place += size
    if not concepts:
        concepts = [_word(word, is_last=False) for word in words]
    return concepts[:MOST_CONCEPTS]


def _says_something(word: str) -> bool:
    """Whether a word can be looked for: one letter is in too many texts to lead to any."""
    return len(word) > 1 or word.isdecimal()


def _phrase(taken: list[str], meanings: Iterable[tuple[str, ...]]) -> Concept:
    saying = [word for word in taken if word not in STOP] or taken
    return Concept(" ".join(taken), tuple(map(stem, saying)), tuple(meanings))


def _word(word: str, is_last: bool) -> Concept:
    return Concept(word, (stem(word),), unfinished=word if is_last and len(word) >= 3 else "")


@dataclass
class _Found:
    """The documents of a concept, by field: with the words as typed, and with what they mean."""

    typed: dict[str, set[int]] = field(default_factory=dict)
    meant: dict[str, set[int]] = field(default_factory=dict)

    @property
    def documents(self) -> set[int]:
        return set().union(*self.typed.values(), *self.meant.values())

    @property
    def is_cut(self) -> bool:
        """Whether more documents than are looked at may say it."""
        fields = [*self.typed.values(), *self.meant.values()]
        return any(len(documents) >= index.MOST for documents in fields)

    def weights(self) -> dict[int, float]:
        """Return how much each document says of the concept."""
        weights: dict[int, float] = defaultdict(float)
        for name, weight in WEIGHTS.items():
            for document in self.typed.get(name, ()):
                weights[document] += weight
            for document in self.meant.get(name, ()):
                weights[document] += weight * MEANT
        return weights


def _look_up(concepts: list[Concept]) -> list[_Found]:
    lookups: list[index.Lookup] = []
    places: list[tuple[int, str, str]] = []
    for number, concept in enumerate(concepts):
        for name in index.FIELDS:
            lookups.append(index.Lookup(name, (concept.alternatives,)))
            places.append((number, "typed", name))
            if concept.meanings:
                lookups.append(index.Lookup(name, (concept.meanings,)))
                places.append((number, "meant", name))
    results = [_Found() for _ in concepts]
    for (number, kind, name), documents in zip(places, index.find(lookups), strict=True):
        getattr(results[number], kind)[name] = documents
    if len(concepts) > 1 and any(found.is_cut for found in results):
        _look_up_together(concepts, results)
    return results


def _look_up_together(concepts: list[Concept], found: list[_Found]) -> None:
    """Add the documents that say all of it: with common words, what was found of each may be of other documents."""
    every = tuple(concept.alternatives + concept.meanings for concept in concepts)
    fields = ("title", "text")
    for name, documents in zip(
        fields, index.find([index.Lookup(name, every) for name in fields]), strict=True
    ):
        for one in found:
            one.typed[name] |= documents


def _guessed(concepts: list[Concept], found: list[_Found], memory: Memory) -> str:
    """Return the query with each word that no page has in the place of its nearest; empty when there is none.

    It speaks for us: it obeys the rules of our texts, and never names a danger that the reader didn't.
    """
    words = []
    for concept, documents in zip(concepts, found, strict=True):
        is_known = documents.documents or " " in concept.typed or concept.typed in memory.known
        words.append(concept.typed if is_known else _nearest(concept.typed, memory))
    guess = " ".join(words)
    if words == [concept.typed for concept in concepts]:
        return ""
    if memory.crisis.kinds(guess, memory.known) or not passes_copy_rules(guess):
        return ""
    return guess


def _nearest(word: str, memory: Memory) -> str:
    if len(word) < SHORTEST:
        return word
    return next(iter(memory.suggested.near(word)), word)


def _scores(found: list[_Found]) -> dict[int, float]:
    """Return how good each document is: more concepts, rarer ones, and in better places."""
    scores: dict[int, float] = defaultdict(float)
    covered: dict[int, int] = defaultdict(int)
    for one in found:
        weights = one.weights()
        rarity = _rarity(len(weights))
        for document, weight in weights.items():
            scores[document] += rarity * weight
            covered[document] += 1
    return {
        document: score * (1 + covered[document] / len(found)) for document, score in scores.items()
    }


def _rarity(documents: int) -> float:
    """Return what a concept weighs that stands in so many documents: BM25's inverse document
    frequency, over the most that are looked at.
    """
    documents = min(documents, index.MOST)
    return math.log(1 + (index.MOST - documents + 0.5) / (documents + 0.5)) + 0.1


class _Document(NamedTuple):
    """What is read of a `SearchDocument`: to make a row of the model of each costs more."""

    pk: int
    path: str
    title: str
    summary: str
    label: str
    minutes: int
    text: str
    publish_at: datetime | None
    article_id: int | None


def _hits(scores: dict[int, float], concepts: list[Concept]) -> list[Hit]:
    """Return the best pages that readers can open now. One query, of some rows more than are shown."""
    ranked = sorted(scores, key=lambda document: (-scores[document], document))
    asked = {word for concept in concepts for word in concept.every_word}
    now = timezone.now()
    rows = []
    found = SearchDocument.objects.filter(pk__in=ranked[: HITS * 2])
    for values in found.values_list(*_Document.__annotations__):
        row = _Document(*values)
        if row.publish_at is None or row.publish_at <= now:
            rows.append((scores[row.pk] * _fit(row, asked), row))
    if not rows:
        return []
    rows.sort(key=lambda scored: (-scored[0], scored[1].path))
    least = rows[0][0] * LEAST
    words = _Words(concepts)
    shown = [row for score, row in rows[:HITS] if score >= least]
    return [_hit(row, words) for row in shown]


def _fit(document: _Document, asked: set[str]) -> float:
    """Return by how much a page gains whose title or address is what was asked, and little else."""
    name = document.path.strip("/").rpartition("/")[2]
    share = max(_share(asked, document.title), _share(asked, name))
    return (1 + share / 2) * (ARTICLE if document.article_id else 1)


def _share(asked: set[str], text: str) -> float:
    words = _telling_words(text)
    return len(words & asked) / (len(words) or 1)


@lru_cache(maxsize=2_000)
def _telling_words(text: str) -> frozenset[str]:
    return frozenset(stems(text)) - STOP_STEMS


class _Words:
    """What finds the words of a query in a text as it is written, in one pass over it."""

    def __init__(self, concepts: list[Concept]) -> None:
        beginnings = [sorted(concept.every_word, key=len, reverse=True) for concept in concepts]
        self.each = [_pattern(words) for words in beginnings]
        self.all = _pattern([word for words in beginnings for word in words])

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where words of the query begin and end."""
        return (match.span() for match in self.all.finditer(text))

    def best_line(self, text: str) -> str:
        """Return the first of the lines that say most concepts, a heading only if no other does; "" if none says any."""
        best, most = "", (0, False)
        for line, said in self._lines(text):
            # A heading says it all and tells nothing.
            if (value := (said, len(line) > HEADING)) > most:
                best, most = line, value
            if most == (len(self.each), True):
                break
        return best

    def _lines(self, text: str) -> Iterator[tuple[str, int]]:
        """Yield the lines that hold words of the query, and how many concepts each of them says."""
        begin, end = 0, -1
        said: set[int] = set()
        for start, _ in self.spans(text):
            if start > end:
                if said:
                    yield text[begin:end], len(said)
                # Looked for from the end of the last line, so that all are passed over once.
                begin = text.rfind("\n", max(0, end), start) + 1
                end = text.find("\n", start) % (len(text) + 1)  # the last one goes to the end
                said = set()
            said.update(n for n, one in enumerate(self.each) if one.match(text, start))
        if said:
            yield text[begin:end], len(said)


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return what finds words that begin like one of `words`.

    Each alternative begins with a letter as it is, and says behind it that a word begins with it: so `re` passes over
    all places with other letters at once. Neither `\b` in front nor IGNORECASE would let it.
    """
    beginnings = (first + word[1:] for word in words for first in {word[0], word[0].upper()})
    return re.compile("|".join(map(_beginning, beginnings)))


def _beginning(word: str) -> str:
    """Return a pattern for all forms of a stem: the beginning that they share, apostrophes between
    its letters. A short word is itself alone.
    """
    kept = word[:-1] if len(word) > 5 else word
    first = kept[0]
    ending = "[a-zA-Z]*" if len(word) > 3 else r"\b"
    letters = (f"[{letter}{letter.upper()}]" for letter in kept[1:])
    return "['’]?".join([rf"{first}(?<=\b{first})", *letters]) + ending


def _hit(document: _Document, words: _Words) -> Hit:
    label = f"{document.label} · {document.minutes} min" if document.minutes else document.label
    extract = _extract(document, words)
    return Hit(document.title, document.path, label, document.summary, extract)


def _extract(document: _Document, words: _Words) -> SafeString:
    """Return the block that says most of what was asked, cut to size, its words marked; else the page's summary."""
    best = words.best_line(document.text)
    return _marked(_cut(best, words) if len(best) > HEADING else document.summary, words)


def _cut(line: str, words: _Words) -> str:
    if len(line) <= EXTRACT:
        return line
    first, _ = next(words.spans(line))
    start = max(0, min(first - EXTRACT // 3, len(line) - EXTRACT))
    start = line.rfind(" ", 0, start) + 1 if start else 0
    end = start + EXTRACT
    end = len(line) if end >= len(line) else max(line.rfind(" ", start, end), start + 1)
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")


def _marked(text: str, words: _Words) -> SafeString:
    pieces, place = [], 0
    for start, end in words.spans(text):
        pieces += [escape(text[place:start]), "<mark>", escape(text[start:end]), "</mark>"]
        place = end
    return trusted("".join([*pieces, escape(text[place:])]))
