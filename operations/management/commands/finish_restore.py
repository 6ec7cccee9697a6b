"""`manage.py finish_restore`: what a restored database needs before it is used."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations.backups import finishing


class Command(BaseCommand):
    help = (
        "Run migrations on a restored database, take out who left, and mark mails that may have gone out "
        "since. “restore” and “drill” run it; by hand only if a restore was cut short. Harmless to repeat."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--made", required=True, help="when the backup was made, as it says itself"
        )
        parser.add_argument("--open-pages", action="store_true", help="open some pages, too")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = datetime.fromisoformat(options["made"])
        except ValueError as error:
            raise CommandError(
                "--made must be a time such as 2026-11-26T03:00:00+00:00."
            ) from error
        if made.tzinfo is None:
            raise CommandError("--made must name its time zone, such as +00:00 at its end.")
        done = finishing.finish(made)
        if options["open_pages"]:
            done["pages"] = finishing.open_pages()
        self.stdout.write(json.dumps(done) if options["json"] else f"{done['replayed']}")
