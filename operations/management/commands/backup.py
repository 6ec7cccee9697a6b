"""`manage.py backup`: one file of database, media and manifest."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from operations.backups import arguments, store
from operations.backups.refusals import in_words


class Command(BaseCommand):
    help = (
        "Make a backup of database and media, check it, and delete those that get too old. While the "
        "site runs. Encrypted when BACKUP_RECIPIENTS is set. Exit code 0: made, or sound. 1: not."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--verify",
            nargs="?",
            const="",
            metavar="NAME",
            help="make none, but check the sums and the database of one, of the newest by default",
        )
        arguments.add_identity(parser)
        parser.add_argument(
            "--list", action="store_true", help="make none, but list those there are"
        )
        parser.add_argument("--keep-all", action="store_true", help="delete no older ones")

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)
        with in_words():
            if options["list"]:
                self.list()
            elif options["verify"] is not None:
                self.verify(options["verify"], options["identity"])
            else:
                self.make(keeps_all=options["keep_all"])

    def make(self, *, keeps_all: bool) -> None:
        """Make one, and rotate."""
        backup = store.make()
        size = backup.path.stat().st_size
        self.stdout.write(f"made: {backup.path.name} ({size / 1024**2:.1f} MB)")
        for name in [] if keeps_all else store.rotate():
            self.stdout.write(f"deleted, for its age: {name}")

    def verify(self, name: str, identity: Path | None) -> None:
        """Check one."""
        backup = store.find(name)
        manifest = store.verify(backup, identity)
        if manifest:
            rows = sum(manifest["rows"].values())
            self.stdout.write(
                f"sound: {backup.path.name}, version {manifest['version']}, {rows} rows"
            )
            return
        if not backup.sum_file.exists():
            raise CommandError(
                f"{backup.path.name} has no sum beside it; name its key by --identity."
            )
        self.stdout.write(f"unchanged since it was made: {backup.path.name} (encrypted)")

    def list(self) -> None:
        """Say what there is."""
        found = store.stored()
        for backup in found:
            age = (timezone.now() - backup.at).days
            size = backup.path.stat().st_size / 1024**2
            self.stdout.write(f"{backup.path.name}  {size:.1f} MB  {age} days")
        if not found:
            self.stdout.write("There is no backup yet.")
