"""What goes wrong in a command, as words for who ran it in place of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import DatabaseError

from operations.backups.archive import ArchiveError
from operations.backups.databases import DumpError


@contextmanager
def in_words() -> Iterator[None]:
    """Turn what archive, database and disk refuse into a CommandError."""
    try:
        yield
    except (ArchiveError, DumpError) as error:
        raise CommandError(str(error)) from error
    except DatabaseError as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise CommandError(
            f"The database is damaged or doesn’t answer: {lines[0][:200]}."
        ) from error
    except OSError as error:
        words = "The disk doesn’t take it. Earlier backups are as they were"
        raise CommandError(f"{words} ({error.strerror or error}).") from error
