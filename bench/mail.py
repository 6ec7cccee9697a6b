"""Speed of the outbox, as ratios within one run: `python bench/mail.py`, or as a part of `make bench`.

One letter of about 13 KB to many people, into a mail server of our own that takes everything: what the worker makes of it, with
all its database work, against the same mails sent without any. Also what readers feel meanwhile.
"""

import os
import smtplib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.servers import postgresql, sink  # noqa: E402

PEOPLE = int(os.environ.get("PEOPLE", "20000"))
FAR = int(os.environ.get("FAR", "200"))  # mails a connection to the server that is far away
ALONE = 5000  # mails of the contenders that have no database
WORDS = "You may notice a tight jaw, or that you hold your breath. Both are old ways to be ready, and both can rest now. "


def letter() -> Any:
    """Return the letter's HTML and text: what an editor's Markdown would have become."""
    sentences = WORDS * 3
    html = "".join(
        f"<h2>Part {number}</h2><p>It’s there again. {sentences}</p>" for number in range(19)
    )
    return html, "".join(
        f"Part {number}\n\nIt's there again. {sentences}\n\n" for number in range(9)
    )


def plain_mail(number: int) -> Any:
    """Make the letter as any Django project would."""
    from django.core.mail import EmailMultiAlternatives

    html, text = letter()
    link = f"https://site.example/newsletter/unsubscribe/{number:0>64}:{number:0>43}/"
    mail = EmailMultiAlternatives(
        "A letter",
        f"{text}Unsubscribe: {link}\n",
        "Notes <notes@site.example>",
        [f"reader-{number}@example.org"],
        headers={
            "List-Unsubscribe": f"<{link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    mail.attach_alternative(
        f'<html><body>{html}<p><a href="{link}">Unsubscribe</a></p></body></html>', "text/html"
    )
    return mail


def by_smtplib(port: int) -> Any:
    """(a) Bytes made beforehand, one connection."""
    wire = plain_mail(1).message().as_bytes(linesep="\r\n")
    with smtplib.SMTP("127.0.0.1", port, local_hostname="site.example") as server:
        start = time.perf_counter()
        for number in range(ALONE):
            server.sendmail("notes@site.example", [f"reader-{number}@example.org"], wire)
        return ALONE / (time.perf_counter() - start)


def by_django(port: int) -> Any:
    """(b) Django's own backend, one connection, every mail made anew."""
    from django.core.mail import get_connection

    backend = get_connection(
        "django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=port
    )
    with backend:
        start = time.perf_counter()
        for number in range(ALONE):
            backend.send_messages([plain_mail(number)])
        return ALONE / (time.perf_counter() - start)


def seed() -> None:
    """Write the letter and a mail to each person into the outbox."""
    from django.utils import timezone

    from newsletter.hashing import fingerprint
    from newsletter.models import Delivery, Letter, Subscriber

    html, text = letter()
    sent = {"sent_subject": "A letter", "sent_html": html, "sent_text": text}
    row = Letter.objects.create(
        subject="A letter", body="…", state="sending", started_at=timezone.now(), **sent
    )
    person = {
        "state": "confirmed",
        "wants_letters": True,
        "wording": "bench",
        "confirmed_at": timezone.now(),
    }
    addresses = [f"reader-{number}@example.org" for number in range(PEOPLE)]
    people = [
        Subscriber(address=address, fingerprint=fingerprint(address), **person)
        for address in addresses
    ]
    people = Subscriber.objects.bulk_create(people, batch_size=500)
    Delivery.objects.bulk_create(
        [
            Delivery(kind="letter", letter=row, subscriber=one, priority=Delivery.BULK)
            for one in people
        ],
        batch_size=500,
    )


class Reader(threading.Thread):
    """Writes into the same database all the while, as a sign-up does; keeps how long each took."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.took: list[float] = []
        self.over = threading.Event()

    def run(self) -> None:
        from newsletter.models import FormMailCount

        while not self.over.wait(0.02):
            start = time.perf_counter()
            FormMailCount.objects.create(hash="bench")
            self.took.append(time.perf_counter() - start)


def work() -> None:
    """Run in a process of its own: drain the outbox, print mails a second."""
    from django.core.management import call_command

    from newsletter.models import Delivery

    start = time.perf_counter()
    call_command("run_mail_worker", "--once")
    print(Delivery.objects.filter(state="sent").count() / (time.perf_counter() - start))


def by_worker(port: int, *, people: int = PEOPLE, connections: int = 4, **database: str) -> Any:
    """(c) Our worker in a process of its own; return mails a second, and the slowest write beside it, in seconds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = os.environ | {"MODE": "development", "DATA": folder} | database
        environment |= {
            "EMAIL_BACKEND": "newsletter.outbox.smtp_backend.Backend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(port),
        }
        environment |= {"DJANGO_SETTINGS_MODULE": "trustsite.settings"}
        environment |= {"PEOPLE": str(people), "MAIL_CONNECTIONS": str(connections)}

        def run(part: Any) -> Any:
            command = [sys.executable, str(Path(__file__).resolve()), part]
            return subprocess.run(
                command, env=environment, check=True, capture_output=True, text=True
            ).stdout

        migrate = [sys.executable, "manage.py", "migrate", "-v0", "--skip-checks"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        run("seed")
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        beside = subprocess.Popen([sys.executable, __file__, "beside"], env=environment, **pipes)
        rate = float(run("work"))
        slowest, _ = beside.communicate("over")
        return rate, float(slowest)


def beside() -> None:
    """Run in a process of its own: write, until told that it's over; print the slowest write but one in a hundred."""
    reader = Reader()
    reader.start()
    sys.stdin.read()
    reader.over.set()
    reader.join()
    print(statistics.quantiles(reader.took, n=100)[98])


def measure_far(stack: Any, folder: Path) -> dict[int, float]:
    """Return mails a second to a server 20 ms away, by the number of connections."""
    far = {}
    for connections in (1, 4, 16):
        away = stack.enter_context(sink(folder / f"far-{connections}", "delay=20"))
        far[connections], _ = by_worker(away, people=FAR * connections, connections=connections)
    return far


def report_far(far: dict[int, float]) -> None:
    print("To a server 20 ms away, on SQLite:")
    for connections, rate in far.items():
        print(f"  {connections:>2} connections {rate:>9,.0f} mails a second")


def main() -> Any:
    os.environ |= {"MODE": "development", "DJANGO_SETTINGS_MODULE": "trustsite.settings"}
    import django

    django.setup()
    if sys.argv[1:]:
        return {"seed": seed, "work": work, "beside": beside}[sys.argv[1]]()
    waits = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stack.enter_context(sink(folder / "received"))
        alone = {
            "smtplib, bytes made beforehand": by_smtplib,
            "Django's own, every mail made anew": by_django,
        }
        measured: dict[str, list[float]] = {name: [] for name in alone}

        def measure_alone() -> None:
            for name, contend in alone.items():
                measured[name].append(contend(port))

        # Before, between and after the long runs: a machine's speed changes within minutes.
        measure_alone()
        on_sqlite, waits["SQLite"] = by_worker(port)
        measure_alone()
        found = {"our worker on SQLite": on_sqlite}
        if server := stack.enter_context(postgresql()):
            on_postgresql, waits["PostgreSQL"] = by_worker(port, DATABASE_URL=server.new_database())
            found["our worker on PostgreSQL"] = on_postgresql
            measure_alone()
        found = {name: statistics.median(rates) for name, rates in measured.items()} | found
        far = measure_far(stack, folder)
    size = len(plain_mail(1).message().as_bytes(linesep="\r\n"))
    print(
        f"\nMails a second, {size / 1000:.0f} KB each, {PEOPLE:,} people, four connections of the worker's:"
    )
    most, own = list(found.values())[:2]
    for name, rate in found.items():
        print(f"  {name:<36} {rate:>9,.0f}  {rate / most:>7.1%}  {rate / own:>5.2f} × Django's own")
    report_far(far)
    for name, slow in waits.items():
        print(f"  A write beside it on {name}: 99 of 100 within {slow * 1000:.0f} ms")
    return None


if __name__ == "__main__":
    main()
