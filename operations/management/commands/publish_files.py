"""`manage.py publish_files`: every public page as a file, for a proxy to serve by itself."""

import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from operations.published_files.publisher import Done, Publisher


class Command(BaseCommand):
    help = (
        "Write every public page into DIR, plain, as .br and as .gz, with what nginx and Caddy are told of their "
        "headers; what isn’t public any more goes. --watch stays, and follows each change within a second."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument("--watch", action="store_true", help="stay, and follow each change")

    def handle(self, *args: Any, **options: Any) -> None:
        publisher = Publisher(options["folder"].resolve())
        if not options["watch"]:
            publisher.edge.refresher.versions.check()
            self.tell(publisher.publish())
            return
        signals: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: signals.append(number))
        publisher.watch(lambda: bool(signals), self.tell)

    def tell(self, done: Done) -> None:
        """Say what a round did."""
        words = f"{done.pages} pages and files; {done.written} written, {done.removed} removed"
        self.stdout.write(words)
        self.stdout.flush()
