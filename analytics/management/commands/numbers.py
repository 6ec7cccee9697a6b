"""`manage.py numbers`: what the admin's page "Numbers" says, for a terminal."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from analytics import export, report


class Command(BaseCommand):
    help = "Print what was counted: reads, steps and mails as sums, none of them under ten."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, choices=report.WINDOWS, default=28)
        parser.add_argument("--format", choices=["text", "csv", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        tables = report.make(options["days"])
        first, last = report.first_and_last(options["days"])
        if options["format"] == "json":
            text = export.as_json(tables, first, last)
        elif options["format"] == "csv":
            text = export.as_csv(tables)
        else:
            text = f"{first:%-d %B %Y} to {last:%-d %B %Y}\n\n{export.as_text(tables)}"
        self.stdout.write(text, ending="")
