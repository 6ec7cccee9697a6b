"""Content files of letters: `content/letters/<number>.md`, each letter that the public archive shows.

A letter that went out is a fact: its file is written once and never differs, and loading one adds a
page to the archive of a site that has no letter of that number. It sends nothing, it changes no
letter, and what was taken out of the archive doesn't come back. The mails themselves, with the
addresses they went to, stay where they are.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils import timezone

from newsletter.issues import archive
from newsletter.issues.content_files import ContentError, FileChange, write
from newsletter.models import Letter

FOLDER = "letters"
FRONT = re.compile(r"subject: (?P<subject>.*)\nsent: (?P<sent>\S+)\n---\n\n?")
NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def sync(folder: Path, *, keep: bool = False, check: bool = False) -> list[FileChange]:
    """Add the letters that this site doesn't have; return what becomes of each file.

    One that says otherwise than the site's own letter is refused, and nothing is loaded.
    `keep` leaves it and goes on, `check` says it and writes nothing.
    """
    read = [(file, _read(file)) for file in _files(folder)]
    changes = [_change(file, letter) for file, letter in read]
    refused = [change.reason for change in changes if change.result == "refused"]
    if refused and not (keep or check):
        raise ContentError("\n".join(refused))
    new = [
        letter
        for (_, letter), change in zip(read, changes, strict=True)
        if change.result == "new" and not check
    ]
    _add(new)
    return changes


def newer_files(folder: Path) -> list[str]:
    """Return a line for each file that says otherwise than the letter it names."""
    lines = []
    for letter in archive.published():
        file = folder / FOLDER / f"{letter.pk}.md"
        if file.exists() and file.read_text(encoding="utf-8") != as_file(letter):
            lines.append(f"{file}: letter {letter.pk} was changed here and never loaded")
    return lines


def strays(folder: Path) -> list[Path]:
    """Return the files of letters that the archive doesn't show."""
    shown = {str(pk) for pk in archive.published().values_list("pk", flat=True)}
    return [file for file in _files(folder) if file.stem not in shown]


def export(folder: Path) -> list[Path]:
    """Write each letter of the archive; return the files that differed."""
    written = []
    for letter in archive.published().order_by("pk"):
        file = folder / FOLDER / f"{letter.pk}.md"
        if write(file, as_file(letter)):
            written.append(file)
    return written


def as_file(letter: Letter) -> str:
    """Return a letter as it stands in a file."""
    sent = letter.finished_at.astimezone(UTC).isoformat() if letter.finished_at else ""
    body = letter.body.replace("\r\n", "\n").strip()
    return f"subject: {letter.sent_subject}\nsent: {sent}\n---\n\n{body}\n"


def _files(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).glob("*.md"))


def _read(file: Path) -> Letter:
    """Return the letter as a file has it, not saved. Raises ContentError."""
    text = file.read_text(encoding="utf-8")
    front = FRONT.match(text)
    if not (front and NUMBER.fullmatch(file.stem)):
        raise ContentError(
            f"{file}: its name is the letter’s number; it begins with “subject: …”, then “sent: …”"
            " and, below them, “---”."
        )
    sent, subject = _moment(file, front["sent"]), front["subject"]
    letter = Letter(pk=int(file.stem), subject=subject, body=text[front.end() :], in_archive=True)
    letter.sent_subject, letter.state = subject, Letter.State.SENT
    letter.created_at = letter.started_at = letter.finished_at = sent
    try:
        letter.clean_fields()
    except ValidationError as error:
        raise ContentError(f"{file}: {' '.join(error.messages)}") from error
    return letter


def _moment(file: Path, written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise ContentError(f"{file}: “{written}” is no moment.") from error
    if moment.tzinfo is None or moment > timezone.now():
        raise ContentError(f"{file}: “{written}” needs its time zone, and to be past.")
    return moment


def _change(file: Path, letter: Letter) -> FileChange:
    stored = Letter.objects.filter(pk=letter.pk).first()
    if stored is None:
        return FileChange(file, file.stem, "new")
    is_shown = archive.published().filter(pk=letter.pk).exists()
    if is_shown and as_file(stored) == as_file(letter):
        return FileChange(file, file.stem, "unchanged")
    reason = (
        f"{file}: this site has another letter {letter.pk}, or keeps it out of its archive."
        " What was sent doesn’t change."
    )
    return FileChange(file, file.stem, "refused", reason)


@transaction.atomic
def _add(letters: list[Letter]) -> None:
    for letter in letters:
        letter.save(force_insert=True)
        archive.changed(letter)
    if letters:  # their numbers were given, so PostgreSQL has to be told where to go on
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), [Letter]):
                cursor.execute(statement)
