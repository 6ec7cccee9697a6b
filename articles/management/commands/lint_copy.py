from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from prose import rules
from prose.rules import tics
from prose.rules.source_files import SourceFile, read_texts


class Command(BaseCommand):
    help = (
        "Look through the words readers see: words to avoid, claims about the reader, "
        "reading level, links, sources."
    )
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
        folders: list[Path] = options["folders"]
        if options["tics"]:
            self.stdout.write(str(_measure_tics(folders)))
            return
        report = rules.lint(*folders)
        if options["report"]:
            self._write_report(report)
        for mistake in report.mistakes:
            self.stdout.write(str(mistake))
        if report.mistakes:
            raise CommandError(str(report))
        if options["verbosity"]:
            self.stdout.write(str(report))

    def _write_report(self, report: rules.Report) -> None:
        """Write every grade, and what is worth a look."""
        for grade in report.grades:
            self.stdout.write(
                f"{grade.grade:5.1f} of {grade.gate:.0f}  "
                f"{grade.words_per_sentence:4.1f} words a sentence, "
                f"{grade.longest:2d} in the longest  {grade.where}"
            )
        for note in report.notes:
            self.stdout.write(str(note))


def _measure_tics(folders: list[Path]) -> tics.Measures:
    texts: list[SourceFile] = []
    for folder in folders:
        texts += read_texts(folder)
    return tics.measure(texts)
