"""Presence: who else has a text open at the desk now. A page says so every twenty seconds; a minute later it is forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from trustsite.desk.writing.form_note import FormNote
from trustsite.models import Presence

FORGOTTEN_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class Here:
    """Somebody who has the text open too."""

    name: str
    is_writing: bool


def enter(note: FormNote, *, is_writing: bool) -> list[Here]:
    """Note that a form is open, and return who else has its text open."""
    forget_old()
    of = {"author_id": note.user, "model": note.model, "row": note.row}
    now = {"is_writing": is_writing, "seen_at": timezone.now()}
    Presence.objects.update_or_create(key=note.draft, defaults={**of, **now})
    return list(_others(note))


def leave(note: FormNote) -> None:
    """Forget a form that is closed."""
    Presence.objects.filter(key=note.draft).delete()


def forget_old() -> int:
    """Forget who hasn't said for a minute that they are here, and return how many rows that were."""
    return Presence.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()[0]


def _others(note: FormNote) -> Iterator[Here]:
    rows = Presence.objects.filter(model=note.model, row=note.row).exclude(author_id=note.user)
    writing: dict[str, bool] = {}
    for row in rows.select_related("author"):
        name = name_of(row.author)
        writing[name] = writing.get(name, False) or row.is_writing
    for name, is_writing in sorted(writing.items()):
        yield Here(name, is_writing)


def name_of(user: Any) -> str:
    """Return how somebody is called at the desk."""
    return str(user.get_full_name() or user.get_username())
