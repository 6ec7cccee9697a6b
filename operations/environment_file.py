"""The `.env` of a new site: made keys, placeholders for what only its owner knows."""

import os
import secrets
from pathlib import Path

from django.conf import settings

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
KEYS = ("SECRET_KEY", "SUPPRESSION_KEY", "READY_TOKEN")


def write(path: Path, answers: dict[str, str], data: Path) -> None:
    """Write the file, closed to others. Raises FileExistsError: a key that is gone can't be made again."""
    known = {name: value for name, value in answers.items() if value}
    made = {name: secrets.token_urlsafe(48) for name in KEYS}
    wanted = {
        "SITE_URL": "the site’s address, such as https://example.org",
        "PUBLISHER": "the publisher’s legal name",
        "POSTAL_ADDRESS": "the publisher’s postal address",
        "CONTACT_EMAIL": "where readers write to",
        "FROM_EMAIL": "the sender of mails",
        "OWNER_EMAIL": "who is told when something fails",
        "EMAIL_HOST": "the mail server",
    }
    lines = [
        "# This site’s settings. Keep this file to yourself, and a copy of it apart from the backups:",
        "# without SUPPRESSION_KEY nobody who left is recognised. docs/operators.md lists all settings.",
        "",
        *(f"{name}={_quoted(value)}" for name, value in made.items()),
        f"DATA={_quoted(str(data))}",
    ]
    for name, words in wanted.items():
        value = known.get(name)
        lines += ["", f"# {words}", f"{name}={_quoted(value)}" if value else f"#{name}="]
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def make_folders(data: Path) -> list[Path]:
    """Make the folders a site keeps things in, closed to others; return those that were made."""
    backups = data / "backups" if data != settings.DATA_DIR else settings.BACKUP_DIR
    made = []
    for folder in (data, data / "media", backups):
        if not folder.exists():
            folder.mkdir(parents=True, mode=PRIVATE_FOLDER)
            made.append(folder)
        folder.chmod(PRIVATE_FOLDER)
    return made


def _quoted(value: str) -> str:
    """Return a value as systemd, a shell and python-dotenv read it alike: in double quotes, on one line."""
    flat = " ".join(value.split())
    escaped = flat.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")
    return flat if flat.replace("-", "").replace("_", "").isalnum() else f'"{escaped}"'
