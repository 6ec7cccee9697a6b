"""`manage.py restore`: a backup in place of what is here."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from operations.backups import arguments, restoring, store
from operations.backups.refusals import in_words


class Command(BaseCommand):
    help = (
        "Restore a backup, the newest by default, with the site stopped. Who left since then is taken "
        "out again, and nothing is sent twice. What is here is never written over: --force sets it aside."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        arguments.add_restoring(parser)
        parser.add_argument("--force", action="store_true", help="set aside the site that is here")

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)
        with in_words():
            done = restoring.restore(store.find(options["name"]), arguments.wish(options))
        self.tell(done)

    def tell(self, done: dict[str, Any]) -> None:
        """Say what was done and what is left to do."""
        replayed = done["replayed"]
        self.stdout.write(f"restored: {done['backup']}, made {done['made']}")
        self.stdout.write(f"migrations run: {done['migrated']}")
        self.stdout.write(f"taken out again, for they had left: {replayed['taken out']}")
        if replayed["torn lines"]:
            self.stdout.write(f"unreadable lines of the journal: {replayed['torn lines']}")
        if done["unsure"]:
            self.stdout.write(
                f"mails that waited then and may have gone out since: {done['unsure']} "
                "(at the desk, under deliveries, state “Unsure whether it arrived”)"
            )
        if done["set_aside"]:
            self.stdout.write(f"what was here before: {done['set_aside']}, beside the backups")
        self.stdout.write("Start the web server and the worker, then “manage.py doctor”.")
