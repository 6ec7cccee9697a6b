"""`manage.py collect_error_pages DIR`: what the proxy shows while the site doesn't answer."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations import error_pages


class Command(BaseCommand):
    help = "Write the proxy’s pages for 502 and 503, with helplines, into a folder. Run it at each release."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for path in error_pages.write(options["folder"]):
                self.stdout.write(f"written: {path}")
        except OSError as error:
            raise CommandError(f"Can’t write there: {error.strerror or error}.") from error
