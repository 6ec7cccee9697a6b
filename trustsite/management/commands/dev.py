"""What `make run` does once the environment is there."""

import os
import secrets
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from trustsite import data_folder

LOGIN = "editor"
WORKER = ["manage.py", "run_mail_worker"]
STOP_WITHIN = 30  # seconds a part has to finish what it is at


def web_server(options: dict[str, Any]) -> list[str]:
    """Return what runs the web server."""
    place = ["--host", options["host"], "--port", str(options["port"])]
    return ["-m", "trustsite.serve", *place]


class Command(BaseCommand):
    help = "Prepare the site (database, launch content, an editor's login) and run the web server and the mail worker."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError(
                "“up” is for development. docs/operators.md says how to run a public site."
            )
        self.prepare()
        self.greet(options)
        # Groups of their own: Ctrl-C then reaches us alone, and each part is asked to stop once.
        # PORT is part of the site's own name, by which pages are kept.
        environment = os.environ | {"PORT": str(options["port"])}
        parts = [
            subprocess.Popen([sys.executable, *part], process_group=0, env=environment)
            for part in (web_server(options), WORKER)
        ]
        sys.exit(self.watch(parts))

    def prepare(self) -> None:
        """Make what is missing and load changed content files; change nothing that a person changed
        here.
        """
        settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        data_folder.close()
        call_command("build_fonts", stdout=self.stdout)
        if self.has_newer_static_files():
            call_command("collectstatic", interactive=False, verbosity=0)
        call_command("migrate", verbosity=0)
        call_command("sync_roles", verbosity=0)
        call_command("load_content", keep=True, stdout=self.stdout)
        users = get_user_model().objects
        if not users.filter(is_staff=True).exists():
            password = secrets.token_urlsafe(15)
            users.create_superuser(LOGIN, email=settings.CONTACT_EMAIL, password=password)
            self.stdout.write(
                f"\nThe editor's login was made: {LOGIN} / {password}\nIt is shown this once."
            )

    def has_newer_static_files(self) -> bool:
        """Whether a static file changed since they were last collected, which takes some seconds."""
        manifest = settings.STATIC_MANIFEST
        if not manifest.exists():
            return True
        collected = manifest.stat().st_mtime
        found = (
            storage.path(name) for finder in get_finders() for name, storage in finder.list([])
        )
        return any(Path(path).stat().st_mtime > collected for path in found)

    def greet(self, options: dict[str, Any]) -> None:
        """Say where everything is."""
        address = f"http://{options['host']}:{options['port']}"
        self.stdout.write(
            f"\nThe site:    {address}/\nThe desk:    {address}/admin/ (login “{LOGIN}”)\n"
            f"Its mails:   {address}/dev/mail/ (files in {settings.MAIL_DIR})\nCtrl-C stops it.\n"
        )
        self.stdout.flush()

    def watch(self, parts: list[subprocess.Popen[bytes]]) -> int:
        """Wait until one part ends or we are told to stop; then stop the others and wait for them.

        Return the exit code.
        """
        stop = False

        def stopping(number: int, frame: object) -> None:
            nonlocal stop
            stop = True

        signal.signal(signal.SIGINT, stopping)
        signal.signal(signal.SIGTERM, stopping)
        while not stop and all(part.poll() is None for part in parts):
            time.sleep(0.2)
        for part in parts:
            if part.poll() is None:
                part.send_signal(signal.SIGTERM)
        for part in parts:
            try:
                part.wait(timeout=STOP_WITHIN)
            except subprocess.TimeoutExpired:
                os.killpg(part.pid, signal.SIGKILL)
        self.stdout.write("Stopped.")
        return 0 if stop else 1
