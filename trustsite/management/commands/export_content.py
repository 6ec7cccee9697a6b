from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles import content_files
from newsletter.issues import content_files as mail_files


class Command(BaseCommand):
    help = (
        "Write articles, pages, response texts, topics, sources, offers, helplines, pictures and old addresses as files: "
        "the same bytes each time. Nothing changes in the database but that it remembers when."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--prune", action="store_true", help="delete files of the folder that belong to no row"
        )

        parser.add_argument(
            "--force", action="store_true", help="write over files that say what was never loaded"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = content_files.export(
                options["folder"], prune=options["prune"], force=options["force"]
            )
            done.written += [str(file) for file in mail_files.export(options["folder"])]
        except (content_files.ContentError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"written: {len(done.written)} files that differed"
            if done.written
            else "nothing differed"
        )
        for path in done.deleted:
            self.stdout.write(f"deleted: {path}")
        for path in done.strays:
            self.stdout.write(
                f"belongs to no row: {path} (load it, delete it, or export with --prune)"
            )
