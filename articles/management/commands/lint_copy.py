from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Look through the words readers see: words to avoid, claims about the reader, reading level, links, sources."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        default = [settings.CONTENT_DIR, settings.BASE_DIR / "templates"]
        parser.add_argument("folders", nargs="*", type=Path, default=default)
        parser.add_argument(
            "--report", action="store_true", help="also print every grade, and what is worth a look"
        )
        parser.add_argument(
            "--tics", action="store_true", help="print what the articles share, and nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from prose.rules import lint, tics
            from prose.rules.source_files import read_texts
        except ModuleNotFoundError as error:
            raise CommandError(
                f"{error.name} isn't installed; it comes with requirements-dev.txt"
            ) from error
        if options["tics"]:
            texts = [text for root in options["folders"] for text in read_texts(root)]
            self.stdout.write(str(tics.measure(texts)))
            return
        report = lint(*options["folders"])
        if options["report"]:
            for grade in report.grades:
                self.stdout.write(
                    f"{grade.grade:5.1f} of {grade.gate:.0f}  {grade.words_per_sentence:4.1f} words a sentence, "
                    f"{grade.longest:2d} in the longest  {grade.where}"
                )
            for note in report.notes:
                self.stdout.write(str(note))
        for mistake in report.mistakes:
            self.stdout.write(str(mistake))
        if report.mistakes:
            raise CommandError(str(report))
        if options["verbosity"]:
            self.stdout.write(str(report))
