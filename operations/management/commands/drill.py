"""`manage.py drill`: proof that the newest backup can be restored."""

import json
import os
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from operations import verdicts
from operations.backups import drill, store
from operations.backups.refusals import in_words
from operations.backups.restoring import Wish


class Command(BaseCommand):
    help = (
        "Restore the newest backup into a scratch database beside the site, check it, take out who left, "
        "open pages on it, and say how long that took. The site goes on. Exit code 0: it can be restored."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", default="", help="a backup’s file or name")
        parser.add_argument("--identity", type=Path, help="the file of the private key of age")
        parser.add_argument("--other-keys", action="store_true", help="take it with other keys set")
        parser.add_argument(
            "--without-journal", action="store_true", help="take it without a journal"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)
        wish = Wish(
            options["identity"],
            takes_other_keys=options["other_keys"],
            takes_gap=options["without_journal"],
        )
        at = datetime.now(UTC).isoformat(timespec="seconds")
        verdicts.keep("drill", {"at": at, "ok": False})  # until it has gone well
        with in_words():
            done = drill.run(store.find(options["name"]), wish)
        verdict = {"at": at, "ok": True, "backup": done["backup"], "s": done["seconds"]}
        verdicts.keep("drill", verdict)
        if options["json"]:
            self.stdout.write(json.dumps(done))
            return
        self.stdout.write(
            f"{done['backup']} can be restored: {sum(done['rows'].values())} rows, "
            f"{done['migrated']} migrations run, {done['replayed']['taken out']} who had left taken out, "
            f"{len(done['pages'])} pages opened, in {done['seconds']} seconds."
        )
