"""Content files of mails: `content/emails/<kind>.md`, an editor's words with their subject and day.

What is written reads back as the same words, and is then written as the same bytes. As for all
content, words changed at the desk since they were last loaded or exported are not written over, nor
is a file that says what was never loaded; words that have no file are left as they are.
"""

import hashlib
import re
from pathlib import Path

from newsletter.emails.words import EDITABLE
from newsletter.issues import email_words
from newsletter.issues.content_files import ContentError, FileChange, write
from newsletter.models import Delivery, EmailWords

FOLDER = "emails"
FRONT = re.compile(
    r"subject: (?P<subject>.*)\n(?:day: (?P<day>\d+)\n)?(?P<off>sent: no\n)?---\n\n?"
)


def load(folder: Path) -> dict[str, int]:
    """Bring the words to their files; return how many changed. Raises ContentError."""
    written = [item for item in sync(folder, force=True) if item.result in {"new", "changed"}]
    return {"words of e-mails": len(written)}


def sync(
    folder: Path, *, force: bool = False, keep: bool = False, check: bool = False
) -> list[FileChange]:
    """Bring the words to what the files say; return what becomes of each.

    Words changed at the desk since are refused: ContentError is raised and nothing is loaded.
    `force` writes over them, `keep` leaves them, `check` says it and writes nothing.
    """
    files = sorted((folder / FOLDER).glob("*.md"))
    read = [(file, _read(file)) for file in files]
    changes = [_change(file, own, force=force) for file, own in read]
    refused = [change.reason for change in changes if change.result == "refused"]
    if refused and not (keep or check):
        raise ContentError("\n".join(refused))
    for (_, own), change in zip(read, changes, strict=True):
        if change.result != "refused" and not check:
            _keep(own, is_same=change.result == "unchanged")
    return changes


def newer_files(folder: Path) -> list[str]:
    """Return a line for each file that says what was never loaded, so that nothing writes over it."""
    lines = []
    rows = {own.kind: own for own in EmailWords.objects.all()}
    for file in sorted((folder / FOLDER).glob("*.md")):
        own, text = rows.get(file.stem), file.read_text(encoding="utf-8")
        if own and text != as_file(own) and digest(text) != own.synced_digest:
            lines.append(f"{file}: “{file.stem}” was changed here and never loaded")
    return lines


def strays(folder: Path) -> list[Path]:
    """Return the files of mails that have no words of their own at the desk."""
    kinds = set(EmailWords.objects.values_list("kind", flat=True))
    return [file for file in sorted((folder / FOLDER).glob("*.md")) if file.stem not in kinds]


def export(folder: Path) -> list[Path]:
    """Write each mail's own words; return the files that differed."""
    written = []
    for own in EmailWords.objects.order_by("kind"):
        file = folder / FOLDER / f"{Delivery.Kind(own.kind).value}.md"
        if write(file, as_file(own)):
            written.append(file)
        _note_synced(own)
    return written


def digest(text: str) -> str:
    """Return what stands for a file's words."""
    return hashlib.sha256(text.encode()).hexdigest()


def _read(file: Path) -> EmailWords:
    """Return the words as a file has them, not saved. Raises ContentError."""
    if file.stem not in {kind.value for kind in EDITABLE}:
        raise ContentError(f"{file}: there is no mail of that name whose words can be changed.")
    text = file.read_text(encoding="utf-8")
    front = FRONT.match(text)
    if not front:
        raise ContentError(f"{file}: it begins with “subject: …” and, below it, “---”.")
    own = EmailWords.objects.filter(kind=file.stem).first() or EmailWords(kind=file.stem)
    own.subject, own.body = front["subject"], text[front.end() :]
    own.day = int(front["day"]) if front["day"] else None
    own.is_sent = not front["off"]
    return own


def _change(file: Path, own: EmailWords, *, force: bool) -> FileChange:
    """Return what becomes of a file's words. Raises ContentError for those that can't stand."""
    stored = EmailWords.objects.filter(pk=own.pk).first() if own.pk else None
    before = as_file(stored) if stored else ""
    if as_file(own) == before:
        return FileChange(file, file.stem, "unchanged")
    if stored and digest(before) != stored.synced_digest and not force:
        reason = f"{file}: its words were changed at the desk. Export them first, or use --force."
        return FileChange(file, file.stem, "refused", reason)
    if found := email_words.problems(own):
        said = " ".join(message for messages in found.values() for message in messages)
        raise ContentError(f"{file}: {said}")
    return FileChange(file, file.stem, "changed" if stored else "new")


def _keep(own: EmailWords, *, is_same: bool) -> None:
    if not is_same:
        email_words.save(own)
    _note_synced(own)


def _note_synced(own: EmailWords) -> None:
    EmailWords.objects.filter(pk=own.pk).update(synced_digest=digest(as_file(own)))


def as_file(own: EmailWords) -> str:
    """Return the words as they stand in a file."""
    day = f"day: {own.day}\n" if own.day else ""
    off = "" if own.is_sent else "sent: no\n"
    body = own.body.replace("\r\n", "\n").strip()
    return f"subject: {own.subject}\n{day}{off}---\n\n{body}\n"
