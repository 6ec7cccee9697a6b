"""What goes wrong in `make chaos`, as blocks: it lasts as long as the block, or begins with it."""

import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from tests.operations.proxied import Proxied, settings_of
from tests.servers import ROOT
from tests.waiting import PATIENCE, wait_until
from tests.web_server import SERVE, Site, prepare

NOT_THERE = {0, 502, 504}  # nobody answered, or the proxy said so
MANY = "100000"  # sign-ups: their limits are not looked at here
NAME = "example.org"  # as in the shipped proxy file
TOKEN = "a" * 32  # of Django's CSRF guard, in the cookie and in the form
RESTART = int(settings_of("trustsite-web.service", "RestartSec")[0].removesuffix("ms")) / 1000


def prepared(folder: Path, **more: str) -> dict[str, str]:
    """Make a site whose forms take any number; return its environment."""
    limits = dict.fromkeys(("SIGNUPS_PER_NETWORK", "SIGNUPS_PER_DOMAIN", "SIGNUPS_PER_HOUR"), MANY)
    return prepare(folder, **limits, **more)


def shell(environment: dict[str, str], code: str) -> str:
    """Run Python inside the site; return what it prints."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def stored_addresses(environment: dict[str, str], wanted: set[str]) -> set[str]:
    """Return which addresses the list holds, once all that were taken have arrived there, or patience is over."""
    code = "from newsletter.models import Subscriber; print(*Subscriber.objects.values_list('address', flat=True))"
    end = time.monotonic() + PATIENCE
    while (
        not (wanted <= (stored := set(shell(environment, code).split()))) and time.monotonic() < end
    ):
        time.sleep(1)
    return stored


@contextmanager
def mail_worker(environment: dict[str, str], port: int) -> Iterator[None]:
    """Run the mail worker, which sends to the mail server at `port`."""
    mail = {
        "EMAIL_BACKEND": "newsletter.outbox.smtp_backend.Backend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(port),
    }
    command = [sys.executable, "manage.py", "run_mail_worker"]
    process = subprocess.Popen(command, env=environment | mail, cwd=ROOT)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def dying(site: Site) -> Iterator[None]:
    """Kill a worker now and another two seconds later."""

    def kill() -> None:
        for _ in range(2):
            os.kill(site.workers()[-1], signal.SIGKILL)
            time.sleep(2)

    with _beside(kill):
        yield


@contextmanager
def _beside(work: Callable[[], object]) -> Iterator[None]:
    """Do something while the block runs; its failure is the block's."""
    failed: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    assert not failed, failed


class Desk:
    """Somebody at the desk, with a large picture."""

    def __init__(self, environment: dict[str, str], site: Site) -> None:
        code = (
            "from django.contrib.auth.models import User; from django.test import Client;"
            "user = User.objects.create_superuser('chaos', 'chaos@site.example', 'x');"
            "client = Client(); client.force_login(user);"
            "print('session=' + client.cookies['session'].value)"
        )
        found = re.search(
            r"session=(\S+)", shell(environment | {"REQUIRE_SECOND_FACTOR": "off"}, code)
        )
        assert found, "nobody is logged in"
        self.site, self.session = site, found[1]
        file = BytesIO()
        # 27 megapixels in less than the 10 MB that the desk takes.
        Image.effect_noise((600, 450), 60).resize((6000, 4500)).save(file, "JPEG", quality=60)
        self.picture = file.getvalue()

    @contextmanager
    def uploading(self) -> Iterator[None]:
        with _beside(self.upload):
            yield

    def upload(self) -> None:
        fields = {"csrfmiddlewaretoken": TOKEN, "key": "large", "alt": "Noise.", "caption": ""}
        parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
                 for name, value in fields.items()]  # fmt: skip
        head = (
            b'--x\r\nContent-Disposition: form-data; name="original"; filename="large.jpg"\r\n'
            b"Content-Type: image/jpeg\r\n\r\n"
        )
        body = b"".join([*parts, head, self.picture, b"\r\n--x--\r\n"])
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.site.port}/admin/articles/picture/add/",
            body,
            {
                "Content-Type": "multipart/form-data; boundary=x",
                "Cookie": f"session={self.session}; csrf={TOKEN}",
                "Origin": f"http://127.0.0.1:{self.site.port}",
            },
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            assert "/add/" not in answer.url, "the picture wasn't taken"


class Letter:
    """A letter to 50,000 people, ready to begin."""

    PEOPLE = """
from newsletter.hashing import fingerprint
from newsletter.models import Letter, Subscriber
from django.utils import timezone
on_list = dict(state="confirmed", wants_letters=True, wording="test", confirmed_at=timezone.now())
addresses = [f"on-list-{one}@example.org" for one in range(50_000)]
people = [Subscriber(address=each, fingerprint=fingerprint(each), **on_list) for each in addresses]
Subscriber.objects.bulk_create(people, batch_size=500)
Letter.objects.create(subject="A letter", body="Words.", state="scheduled", send_at=timezone.now())
"""
    BEGIN = """
from newsletter.issues import scheduling
from newsletter.models import Letter
scheduling.start(Letter.objects.get(state="scheduled"))
"""

    def __init__(self, environment: dict[str, str]) -> None:
        # Whoever is due first begins: here that is the block, not the worker.
        self.environment = environment
        shell(environment, self.PEOPLE.replace("send_at=timezone.now()", "send_at=None"))

    @contextmanager
    def beginning(self) -> Iterator[None]:
        with _beside(lambda: shell(self.environment, self.BEGIN)):
            yield


class BehindNginx(Site):
    """A running web server, reached through the proxy."""

    is_proxied = True

    def __init__(self, process: subprocess.Popen[bytes], proxied: Proxied) -> None:
        super().__init__(process, proxied.https)
        self.tls = ssl.create_default_context()
        self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE

    def open(self, path: str, data: bytes | None = None, timeout: float = 5) -> Any:
        headers = {"Host": NAME} | ({"Sec-Fetch-Site": "same-origin"} if data else {})
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", data, headers)
        return urllib.request.urlopen(request, timeout=timeout, context=self.tls)


class Supervisor:
    """What the service manager does with the shipped unit: a process that ends is started again, and all it left is ended."""

    def __init__(self, environment: dict[str, str], port: int) -> None:
        self.command = [sys.executable, *SERVE, "--host", "127.0.0.1", "--port", str(port)]
        self.environment, self.is_over = environment | {"PORT": str(port)}, False
        self.process = self._start()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command, env=self.environment, cwd=ROOT, process_group=0)

    def _watch(self) -> None:
        while True:
            self.process.wait()
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            if self.is_over:
                return
            time.sleep(RESTART)
            self.process = self._start()

    @contextmanager
    def killing(self) -> Iterator[None]:
        """Kill the main process, a second into the block."""

        def kill() -> None:
            time.sleep(1)
            os.kill(self.process.pid, signal.SIGKILL)

        with _beside(kill):
            yield

    def end(self) -> None:
        self.is_over = True
        self.process.kill()
        self.thread.join()


@contextmanager
def supervised(environment: dict[str, str], folder: Path) -> Iterator[tuple[Site, Supervisor]]:
    """Run a web server under a supervisor, and nginx with the shipped files in front where it is installed."""
    with ExitStack() as stack:
        has_nginx = bool(shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"))
        if has_nginx:
            environment = environment | {"SITE_URL": f"https://{NAME}"}
        (folder / "proxy").mkdir()
        proxied = Proxied(folder / "proxy", environment)
        supervisor = Supervisor(environment, proxied.site)
        stack.callback(supervisor.end)
        site = Site(supervisor.process, proxied.site)
        if has_nginx:
            stack.enter_context(proxied.nginx())
            pages = [
                sys.executable,
                "manage.py",
                "collect_error_pages",
                str(proxied.folder / "errors"),
            ]
            subprocess.run(pages, env=environment, cwd=ROOT, check=True, capture_output=True)
            site = BehindNginx(supervisor.process, proxied)
        wait_until(lambda: site.answers("/get-help/"))
        yield site, supervisor
