"""Notes on a text: where the words stand that each is about, and for whom it waits."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

from django.utils import timezone

from articles.models import Article, Page, ReviewNote

MOST = 100  # open notes on one text
LOOKED_AT = 200  # open notes that the first page looks through
TAG = re.compile(r"(<[^<>]*>)")
Text = Article | Page


@dataclass(frozen=True)
class Shown:
    """An open note as the page shows it: its number, and the line of the markdown it is about (0: none)."""

    note: ReviewNote
    number: int
    line: int
    is_found: bool  # whether its words still stand in the text

    @property
    def answers(self) -> list[ReviewNote]:
        """What was said to it, in order."""
        return list(self.note.answers.all())


def open_notes(text: Text) -> list[Shown]:
    """Return the notes on a text that aren’t settled, in the order they were written."""
    rows = text.notes.filter(answers_to=None, settled_at=None).select_related("author")
    words, shown = all_words(text), []
    for number, note in enumerate(rows.prefetch_related("answers__author")[:MOST], start=1):
        is_found = not note.quote or _plain(note.quote) in words
        shown.append(Shown(note, number, line_of(text.body, note.quote), is_found))
    return shown


def all_words(text: Text) -> str:
    """Return all that readers read of a text, with single spaces."""
    around = [text.title, text.standfirst, *getattr(text, "takeaways", [])]
    rendered = [unescape(TAG.sub("", part.html)) for part in text.parts]
    return _plain("\n".join([*around, *rendered]))


def stands_in(text: Text, quote: str) -> bool:
    """Whether readers of a text read these words in it."""
    return _plain(quote) in all_words(text)


def line_of(body: str, quote: str) -> int:
    """Return the line on which the first words of a quotation stand, from 1; 0 if on none."""
    first = " ".join(_plain(quote).split(" ")[:4])
    for number, line in enumerate(body.splitlines(), start=1):
        if first and first in _plain(re.sub(r"[*_]|\[\^[^\[\]]*\]", "", line)):
            return number
    return 0


def settle(note: ReviewNote, user: Any) -> None:
    """Enter that what a note asks for is done, or needn’t be."""
    note.settled_at, note.settled_by = timezone.now(), user
    note.save(update_fields=["settled_at", "settled_by"])


def marked(parts: Sequence[str], notes: Iterable[Shown]) -> list[str]:
    """Return the HTML of a text’s parts with the words marked that notes are about.

    Of notes whose words overlap, the first is marked; all stand in the list beside the text.
    """
    pieces = [_Piece(part) for part in parts]
    for shown in notes:
        quote = _plain(shown.note.quote)
        for piece in pieces:
            if quote and piece.mark(quote, shown.number):
                break
    return [piece.html() for piece in pieces]


class _Piece:
    """Rendered HTML, cut into tags and texts, in which ranges of the text are marked."""

    def __init__(self, html: str) -> None:
        self._tokens = [
            part if part.startswith("<") else unescape(part) for part in TAG.split(html)
        ]
        self._places: list[tuple[int, int]] = []  # of each character: its token, and where in it
        characters: list[str] = []
        for number, token in enumerate(self._tokens):
            for offset, character in enumerate("" if number % 2 else token):
                one = " " if character.isspace() else _straight(character)
                if one != " " or characters[-1:] != [" "]:
                    characters.append(one)
                    self._places.append((number, offset))
        self._flat = "".join(characters)
        self._marks: dict[tuple[int, int], int] = {}  # by place, the number of the note
        self._ends: dict[tuple[int, int], int] = {}

    def mark(self, quote: str, number: int) -> bool:
        """Mark the first place where `quote` stands; say whether it stands there."""
        begin = self._flat.find(quote)
        if begin < 0:
            return False
        places = self._places[begin : begin + len(quote)]
        if not any(place in self._marks for place in places):
            self._marks |= dict.fromkeys(places, number)
            self._ends[places[-1]] = number
        return True

    def html(self) -> str:
        """Return the HTML with its marks."""
        return "".join(self._token(number, token) for number, token in enumerate(self._tokens))

    def _token(self, number: int, token: str) -> str:
        return token if number % 2 else "".join(self._marked(number, token))

    def _marked(self, number: int, text: str) -> Iterator[str]:
        now = 0
        for offset, character in enumerate(text):
            here = self._marks.get((number, offset), 0)
            if here != now:
                yield ("</mark>" if now else "") + (f'<mark data-note="{here}">' if here else "")
            now = here
            yield escape(character, quote=False)
            if end := self._ends.get((number, offset)):
                yield f"<sup>{end}</sup>"
        yield "</mark>" if now else ""


def waiting_for(user: Any) -> list[tuple[Text, int]]:
    """Return texts with open notes that wait for `user`, and how many on each.

    A note waits for whoever wrote it or saved the text, until they have had the last word.
    """
    rows = ReviewNote.objects.filter(answers_to=None, settled_at=None).select_related(
        "article", "page"
    )
    open_still = list(rows.order_by("-pk").prefetch_related("answers")[:LOOKED_AT])
    own = _saved_by(user, open_still)
    found: dict[Text, int] = {}
    for note in open_still:
        text: Any = note.article or note.page
        last = list(note.answers.all())[-1:] or [note]
        concerns = note.author_id == user.pk or (text._meta.label, text.pk) in own
        if concerns and last[0].author_id != user.pk:
            found[text] = found.get(text, 0) + 1
    return list(found.items())


def _saved_by(user: Any, open_still: Iterable[ReviewNote]) -> set[tuple[str, int]]:
    """Return which of the texts under these notes `user` has saved at some time."""
    own: set[tuple[str, int]] = set()
    for model, name in ((Article, "article_id"), (Page, "page_id")):
        keys = {getattr(note, name) for note in open_still} - {None}
        if keys:
            saved = model.history.filter(history_user=user, id__in=keys).values_list(
                "id", flat=True
            )
            own |= {(model._meta.label, key) for key in saved.order_by().distinct()}
    return own


def _plain(text: str) -> str:
    return _straight(" ".join(text.split()))


def _straight(text: str) -> str:
    return text.translate({0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"'})
