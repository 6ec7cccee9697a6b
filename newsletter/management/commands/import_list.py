"""`manage.py import_list FILE`: have a list of any size looked through, to be brought in at the desk."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from newsletter.list_files import intake, storage
from newsletter.models import Suppression


class Command(BaseCommand):
    """Hands a file to the worker. Nobody is brought in until a person says so at the desk."""

    help = (
        "Have a list looked through. The page “Bring in a list” of the admin shows what it found."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--basis", default="", help="what they agreed to, where and when")
        parser.add_argument(
            "--reason", choices=[str(one) for one in Suppression.Reason], default=""
        )
        parser.add_argument("--address-column", default="")
        parser.add_argument("--day-column", default="")
        parser.add_argument("--day-first", choices=["yes", "no"])

    def handle(self, *, file: Path, day_first: str | None, **options: Any) -> None:
        """Take the file in."""
        names = ("basis", "reason", "address_column", "day_column")
        kept = {name: options[name] for name in names if options[name]}
        if not (kept.get("basis") or kept.get("reason")):
            raise CommandError(
                "Say by --basis what they agreed to, or by --reason why not to write."
            )
        if day_first:
            kept["day_first"] = day_first == "yes"
        job = intake.receive(_pieces(file), kept, asked_by=None)
        self.stdout.write(f"List job {job.pk} is being looked through.")


def _pieces(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as handle:
            yield from iter(partial(handle.read, storage.PIECE), b"")
    except OSError as error:
        raise CommandError(f"{file} can’t be read: {error.strerror}.") from None
