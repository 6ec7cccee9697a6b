"""List file storage: what a person uploads waits encrypted, and nothing of it is left afterwards.

The files lie beside the database and go into no backup. Each is a sequence of Fernet tokens, one a
line, so a file of any size is written and read in pieces.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

PIECE = 1 << 18  # bytes
SOURCE, PROBLEMS = "source", "problems"


class FileGone(Exception):  # noqa: N818  a state of the world, not a mistake
    """The file isn't there any more, or was written with a key that has gone."""


def write(job: int, name: str, pieces: Iterable[bytes]) -> int:
    """Keep a file; return its size."""
    size = 0
    path = _path(job, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("wb") as file:
        path.chmod(0o600)
        for piece in pieces:
            file.write(_cipher().encrypt(piece) + b"\n")
            size += len(piece)
    return size


def append(job: int, name: str, piece: bytes) -> None:
    """Add to a file."""
    path = _path(job, name)
    with path.open("ab") as file:
        path.chmod(0o600)
        file.write(_cipher().encrypt(piece) + b"\n")


def read(job: int, name: str) -> Iterator[bytes]:
    """Yield a file's pieces. Raises FileGone."""
    from cryptography.fernet import InvalidToken

    try:
        with _path(job, name).open("rb") as file:
            for line in file:
                yield _cipher().decrypt(line.rstrip(b"\n"))
    except (OSError, InvalidToken) as error:
        raise FileGone from error


def exists(job: int, name: str) -> bool:
    """Whether the file is there."""
    return _path(job, name).exists()


def remove(job: int, *names: str) -> None:
    """Remove files, whether they are there or not."""
    for name in names:
        _path(job, name).unlink(missing_ok=True)


def _path(job: int, name: str) -> Path:
    return Path(settings.LIST_FILES / f"{job}.{name}")


def _cipher() -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet  # 7 MB, for the few processes that read one

    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_encoded(key)) for key in keys])


def _encoded(key: str) -> bytes:
    digest = hmac.new(key.encode(), b"newsletter.list_files", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest)
