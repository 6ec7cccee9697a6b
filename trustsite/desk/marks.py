"""Marks: the state of something as a shape and a word, never as a colour alone."""

from dataclasses import dataclass

DRAFT, REVIEW, DATED, PUBLIC, WITHDRAWN = "draft", "review", "dated", "public", "withdrawn"
CHECK, MAIL, PLANNED = "check", "mail", "planned"


@dataclass(frozen=True)
class Mark:
    """A state: `kind` is its shape (templates/admin/mark.html), `words` say it."""

    kind: str
    words: str
