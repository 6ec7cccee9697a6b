"""Content files of mails: `content/emails/<kind>.md`, an editor's words with their subject and day.

What is written reads back as the same words, and is then written as the same bytes. Words that have
no file are left as they are; a file is loaded where the words differ.
"""

import re
from pathlib import Path

from newsletter.emails.words import EDITABLE
from newsletter.issues import email_words
from newsletter.models import Delivery, EmailWords

FOLDER = "emails"
FRONT = re.compile(
    r"subject: (?P<subject>.*)\n(?:day: (?P<day>\d+)\n)?(?P<off>sent: no\n)?---\n\n?"
)


class ContentError(Exception):
    """A file that can't be loaded: which, and why."""


def load(folder: Path) -> dict[str, int]:
    """Bring the words to their files; return how many changed. Raises ContentError."""
    files = sorted((folder / FOLDER).glob("*.md"))
    return {"words of e-mails": sum(_load(file) for file in files)}


def _load(file: Path) -> bool:
    if file.stem not in {kind.value for kind in EDITABLE}:
        raise ContentError(f"{file}: there is no mail of that name whose words can be changed.")
    text = file.read_text(encoding="utf-8")
    front = FRONT.match(text)
    if not front:
        raise ContentError(f"{file}: it begins with “subject: …” and, below it, “---”.")
    own = EmailWords.objects.filter(kind=file.stem).first() or EmailWords(kind=file.stem)
    before = as_file(own) if own.pk else ""
    own.subject, own.body = front["subject"], text[front.end() :]
    own.day = int(front["day"]) if front["day"] else None
    own.is_sent = not front["off"]
    if as_file(own) == before:
        return False
    found = email_words.problems(own)
    if found:
        said = " ".join(message for messages in found.values() for message in messages)
        raise ContentError(f"{file}: {said}")
    email_words.save(own)
    return True


def export(folder: Path) -> list[Path]:
    """Write each mail's own words; return the files that differed."""
    written = []
    for own in EmailWords.objects.order_by("kind"):
        file = folder / FOLDER / f"{Delivery.Kind(own.kind).value}.md"
        text = as_file(own)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            written.append(file)
    return written


def as_file(own: EmailWords) -> str:
    """Return the words as they stand in a file."""
    day = f"day: {own.day}\n" if own.day else ""
    off = "" if own.is_sent else "sent: no\n"
    body = own.body.replace("\r\n", "\n").strip()
    return f"subject: {own.subject}\n{day}{off}---\n\n{body}\n"
