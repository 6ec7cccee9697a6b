"""`manage.py count_log FILE`: count the reads of the proxy's private log."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.core.wsgi import get_wsgi_application

from analytics import access_log
from trustsite.web.serving.edge import Edge


class Command(BaseCommand):
    help = (
        "Add the reads in a log of the shipped nginx or Caddy file to the daily sums. It goes on where it "
        "stopped: run it as often as you like, also over a log that was renamed or packed (.gz)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.COUNT_VISITS != "log":
            raise CommandError(
                f"Reads are counted by COUNT_VISITS={settings.COUNT_VISITS}. Set it to “log” first, or each would count twice."
            )
        try:
            outcome = access_log.Run(self._pages()).count(options["file"])
        except access_log.OtherLogError:
            raise CommandError(
                "This log begins like one that was counted, and goes on differently. Nothing was counted."
            ) from None
        except (OSError, EOFError) as error:
            raise CommandError(f"The log can’t be read: {error}") from error
        self.stdout.write(f"{outcome.lines} new lines, {outcome.counted} reads counted.")

    @staticmethod
    def _pages() -> access_log.CountedAs:
        """Return what says what a read of a path counts as: the page itself, made as for a reader."""
        edge = Edge(get_wsgi_application())

        def counted_as(path: str) -> tuple[tuple[str, str], ...]:
            if "..." in path or path.startswith(("/static/", "/media/", "/admin/")):
                return ()
            edge.make_anew(path)
            page = edge.cache.find(path)
            return page.counted if page else ()

        return counted_as
