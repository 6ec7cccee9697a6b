from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from articles import content_files
from newsletter.issues.content_files import emails as mail_files
from newsletter.issues.content_files import letters as letter_files
from quiz import content_files as quiz_files


class Command(BaseCommand):
    help = (
        "Write all that readers see as files: articles, pages, response texts, topics, sources, offers, helplines, pictures, "
        "snippets, redirects, synonyms, crisis words, old addresses, the quiz with its former versions, the words of mails and "
        "the letters of the archive: the same bytes each time. Nothing changes in the database but that it remembers when."
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
        folder, prune, force = options["folder"], options["prune"], options["force"]
        others = (mail_files, letter_files, quiz_files)
        newer = [line for files in others for line in files.newer_files(folder)]
        try:
            if newer and not force:
                raise content_files.ContentError(
                    "These files say what was never loaded:", *newer, content_files.HINT
                )
            with transaction.atomic():
                done = content_files.export(folder, prune=prune, force=force)
                for files in others:
                    done.written += [_shown(file, folder) for file in files.export(folder)]
                    _sort_out(done, files.strays(folder), folder, prune=prune)
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


def _sort_out(
    done: content_files.Exported, strays: list[Path], folder: Path, *, prune: bool
) -> None:
    """Delete the files of no row, or name them."""
    for file in strays:
        if prune:
            file.unlink()
        (done.deleted if prune else done.strays).append(_shown(file, folder))


def _shown(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()
