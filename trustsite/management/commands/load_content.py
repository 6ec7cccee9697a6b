from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from articles import content_files as articles_files
from quiz import content_files as quiz_files


class Command(BaseCommand):
    help = "Load the content folder into the database. Rows that are there already are left alone, unless --force is given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.CONTENT_DIR)
        parser.add_argument("--force", action="store_true", help="write the files over rows that are there already")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            written = articles_files.load(options["folder"], force=options["force"])
            written |= quiz_files.load(options["folder"])
        except (articles_files.ContentError, quiz_files.ContentError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(", ".join(f"{number} {kind}" for kind, number in written.items() if number) or "nothing new")
