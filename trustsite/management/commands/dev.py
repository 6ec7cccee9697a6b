"""What `make run` does once the environment is there."""

import fcntl
import os
import secrets
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from trustsite import data_folder
from trustsite.serve import ARENAS

LOGIN = "editor"
PREPARED = "prepared"  # a file in the data folder: what the site was last prepared for
LOOKED_AT = [
    *("content", "static", "templates", "build/fonts"),
    *(
        "accounts",
        "analytics",
        "articles",
        "newsletter",
        "operations",
        "prose",
        "quiz",
        "trustsite",
    ),
]
WORKER = ["manage.py", "run_mail_worker"]
ANSWER_WITHIN = 10  # seconds that the mail worker waits for the web server's first answer
# Seconds that another process may take to make fonts and static files, on a slow machine.
MADE_WITHIN = 300
STOP_WITHIN = 30  # seconds a part has to finish what it is at


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let in one process at a time, so that none finds what another is still making in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + MADE_WITHIN
    lock = os.open(folder, os.O_RDONLY)  # the folder itself: it may be one that can't be written to
    try:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    message = f"Another process has been at {folder} for too long."
                    raise CommandError(message) from None
                time.sleep(0.1)
        yield
    finally:
        os.close(lock)


def web_server(options: dict[str, Any]) -> list[str]:
    """Return what runs the web server."""
    place = ["--host", options["host"], "--port", str(options["port"])]
    return ["-m", "trustsite.serve", *place]


class Command(BaseCommand):
    help = "Prepare the site (database, launch content, an editor's login) and run the web server and the mail worker."
    requires_system_checks = []
    is_stopping = False  # a signal asked to

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError(
                "“dev” is for development. docs/operators.md says how to run a public site."
            )
        self.prepare()
        self.greet(options)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.stop)
        # Groups of their own: Ctrl-C then reaches us alone, and each part is asked to stop once.
        # PORT is part of the site's own name, by which pages are kept.
        environment = os.environ | {"PORT": str(options["port"]), ARENAS: "2"}
        web = subprocess.Popen(
            [sys.executable, *web_server(options)], process_group=0, env=environment
        )
        self.wait_for(web, options)  # readers come before mails
        worker = subprocess.Popen([sys.executable, *WORKER], process_group=0, env=environment)
        parts = [web, worker]
        sys.exit(self.watch(parts))

    def wait_for(self, web: subprocess.Popen[bytes], options: dict[str, Any]) -> None:
        """Wait until the web server answers, has ended, or takes too long."""
        end = time.monotonic() + ANSWER_WITHIN
        while not self.is_stopping and web.poll() is None and time.monotonic() < end:
            connection = HTTPConnection(options["host"], options["port"], timeout=1)
            try:
                connection.request("GET", "/healthz")
                connection.getresponse()
                return
            except (OSError, HTTPException):
                time.sleep(0.05)
            finally:
                connection.close()

    def prepare(self) -> None:
        """Make what is missing and load changed content files; change nothing that a person changed
        here.
        """
        settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        data_folder.close()
        stamp, database = settings.DATA_DIR / PREPARED, Path(settings.DATABASES["default"]["NAME"])
        before = self.prepared_for(database)
        if not (before and stamp.exists() and stamp.read_text() == before):
            self.prepare_anew()
            stamp.write_text(self.prepared_for(database))
        users = get_user_model().objects
        if not users.filter(is_staff=True).exists():
            password = secrets.token_urlsafe(15)
            users.create_superuser(LOGIN, email=settings.CONTACT_EMAIL, password=password)
            self.stdout.write(
                f"\nThe editor's login was made: {LOGIN} / {password}\nIt is shown this once."
            )

    def prepare_anew(self) -> None:
        """Bring fonts, static files, the database's tables, roles and content up to date."""
        with alone(settings.BUILD_DIR):
            call_command("build_fonts", stdout=self.stdout)
            if self.has_newer_static_files():
                call_command("collectstatic", interactive=False, verbosity=0)
        call_command("migrate", verbosity=0)
        call_command("sync_roles", verbosity=0)
        call_command("load_content", keep=True, stdout=self.stdout)

    @staticmethod
    def prepared_for(database: Path) -> str:
        """Return what stands for all that preparing looks at: code, content, static files and the database's file.

        Empty when something is missing, or when the database isn't a file that can be told from another.
        """
        if not (database.is_file() and settings.STATIC_MANIFEST.is_file()):
            return ""
        found = [f"{database} {database.stat().st_ino}"]
        for name in LOOKED_AT:
            for file in sorted((settings.BASE_DIR / name).rglob("*")):
                if file.suffix != ".pyc" and file.is_file():
                    state = file.stat()
                    found.append(f"{file} {state.st_size} {state.st_mtime_ns}")
        return sha256("\n".join(found).encode()).hexdigest()

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

    def stop(self, number: int, frame: object) -> None:
        """Note that a signal asks us to stop."""
        self.is_stopping = True

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
        while not self.is_stopping and all(part.poll() is None for part in parts):
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
        return 0 if self.is_stopping else 1
