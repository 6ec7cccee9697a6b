"""`manage.py retention`: what is kept, for how long, and the erasing of the rest."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from operations import retention, retention_table


class Command(BaseCommand):
    help = (
        "Erase what is past its time and say how much that was. --report says what is kept, why, for how "
        "long and by whose hand it goes, and erases nothing. Exit code 1: something is overdue."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--report", action="store_true", help="say what is kept, and erase nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["report"]:
            self.report()
        else:
            for what, number in retention.enforce().items():
                self.stdout.write(f"{number} erased: {what}")
        overdue = retention.overdue()
        for what in overdue:
            self.stderr.write(f"overdue: {what}")
        if overdue:
            raise SystemExit(1)

    def report(self) -> None:
        """Say what is kept."""
        for kept in retention_table.TABLE:
            self.stdout.write(f"{kept.what}: {kept.how_long}, to go by {kept.hand}")
            self.stdout.write(f"  {kept.why}; in {', '.join(kept.places)}")
