"""`manage.py doctor`: what is well, what isn't, and how to mend it."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from operations.doctor import examination
from operations.doctor.findings import OK, Finding


class Command(BaseCommand):
    help = (
        "Look at everything a public site needs: settings, database, worker, backups, mail, TLS, proxy, "
        "disk, clock, files, logs. Prints no secret and nobody’s address. Exit code 0: nothing fails. "
        "1: something does. The verdict stays in doctor.json in the data folder."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--test-mail", metavar="ADDRESS", help="send a test mail there, too")
        parser.add_argument("--access-log", type=Path, help="the proxy’s log, if it is elsewhere")
        parser.add_argument(
            "--skip",
            action="append",
            default=[],
            choices=list(examination.CHECKS),
            help="leave a look out",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["test_mail"]:
            try:
                validate_email(options["test_mail"])
            except ValidationError as error:
                raise CommandError("--test-mail must be a mail address.") from error
        findings = []
        for finding in examination.examine(options):
            findings.append(finding)
            if not options["json"]:
                self.tell(finding)
        verdict = examination.keep(findings)
        if options["json"]:
            self.stdout.write(json.dumps(verdict, indent=1))
        if not verdict["ok"]:
            self.stderr.write(f"{verdict['counts']['fail']} to mend.")
            raise SystemExit(1)

    def tell(self, finding: Finding) -> None:
        """Say one line, and how to mend it."""
        self.stdout.write(f"{finding.status:5}{finding.check}: {finding.words}")
        if finding.status != OK:
            self.stdout.write(f"     {finding.mend}")
