"""`manage.py init`: the settings file and the folders of a new site."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from operations import environment_file

ASKED = ("SITE_URL", "PUBLISHER", "POSTAL_ADDRESS", "CONTACT_EMAIL", "FROM_EMAIL", "OWNER_EMAIL")


class Command(BaseCommand):
    help = (
        "Write .env with keys made here, and make the data folders, all closed to others. A file that "
        "is there is never written over: its keys can’t be made again."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, default=settings.BASE_DIR / ".env")
        parser.add_argument("--data", type=Path, default=settings.DATA_DIR)
        for name in ASKED:
            parser.add_argument(f"--{name.lower().replace('_', '-')}", default="", dest=name)

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)
        file, data = options["file"].resolve(), options["data"].resolve()
        if file.exists():
            raise CommandError(f"{file.name} is there already, and stays as it is.")
        try:
            for folder in environment_file.make_folders(data):
                self.stdout.write(f"made: {folder}")
            environment_file.write(file, {name: options[name] for name in ASKED}, data)
        except OSError as error:
            raise CommandError(f"Can’t write there: {error.strerror or error}.") from error
        left = [name for name in ASKED if not options[name]]
        self.stdout.write(f"made: {file}, with keys of its own")
        if left:
            self.stdout.write(f"to fill in there: {', '.join(left)}, and the mail server")
        self.stdout.write("Keep a copy of it apart from the server and from the backups.")
