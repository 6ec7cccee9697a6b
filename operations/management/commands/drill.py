"""`manage.py drill`: proof that the newest backup can be restored."""

import json
import os
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand

from operations import verdicts
from operations.backups import arguments, drill, store
from operations.backups.refusals import in_words


class Command(BaseCommand):
    help = (
        "Restore the newest backup into a scratch database beside the site, check it, take out who left, "
        "open pages on it, and say how long that took. The site goes on. Exit code 0: it can be restored."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        arguments.add_restoring(parser)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        verdicts.keep("drill", {"at": at, "ok": False})  # until it has gone well
        with in_words():
            done = drill.run(store.find(options["name"]), arguments.wish(options))
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
