"""`manage.py release`: all that a release needs, in one command."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations import release


class Command(BaseCommand):
    help = (
        "Prepare the site for the code that is here: fonts, static files, migrations (after a backup), "
        "roles, content, checks. Also the first time. Harmless to repeat; says what it did. Reload the "
        "web server and start the worker again afterwards."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-backup", action="store_true", help="migrate without a backup before"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)
        for step in release.steps(makes_backup=not options["no_backup"]):
            try:
                lines = release.run(step)
            except release.ReleaseError as error:
                raise CommandError(
                    f"Stopped at {error}\nWhat was done before that stands."
                ) from error
            self.stdout.write(f"{step.name}: {'' if lines else 'nothing to do'}".rstrip(": "))
            for line in lines:
                self.stdout.write(f"  {line}")
        self.stdout.write("Now reload the web server and start the mail worker again.")
