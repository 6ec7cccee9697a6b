"""Speed of the outbox, as ratios within one run.

One letter of about 13 KB to many people, into a mail server of our own that takes everything: what one worker makes of it, with
all its database work, against the same mails sent by Django's own backend without a database.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.servers import postgresql, sink  # noqa: E402

PEOPLE = int(os.environ.get("PEOPLE", "4000"))
ALONE = 1500  # mails of the loop that has no database
ROUNDS = 3
CONNECTIONS = 4
WORDS = "You may notice a tight jaw, or that you hold your breath. Both are old ways to be ready, and both can rest now. "


def letter() -> tuple[str, str]:
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


def _set_up() -> None:
    os.environ |= {"MODE": "development", "DJANGO_SETTINGS_MODULE": "trustsite.settings"}
    import django

    django.setup()


def by_django(port: int) -> float:
    """Return mails a second by Django's own backend: one connection, every mail made anew."""
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
    """Write the people and the letter, and a mail to each person into the outbox."""
    from django.utils import timezone

    from newsletter.hashing import fingerprint
    from newsletter.models import Delivery, Letter, Subscriber

    html, text = letter()
    sent = {"sent_subject": "A letter", "sent_html": html, "sent_text": text}
    now = timezone.now()
    Delivery.objects.all().delete()
    row = Letter.objects.create(
        subject="A letter", body="…", state="sending", started_at=now, **sent
    )
    if not Subscriber.objects.exists():
        person = {"state": "confirmed", "wants_letters": True, "wording": "bench"}
        addresses = [f"reader-{number}@example.org" for number in range(PEOPLE)]
        Subscriber.objects.bulk_create(
            [
                Subscriber(
                    address=address, fingerprint=fingerprint(address), confirmed_at=now, **person
                )
                for address in addresses
            ],
            batch_size=500,
        )
    mails = [
        Delivery(kind="letter", letter=row, subscriber=one, priority=Delivery.BULK)
        for one in Subscriber.objects.all()
    ]
    Delivery.objects.bulk_create(mails, batch_size=500)


def work() -> None:
    """Be the worker: send what waits, print mails a second."""
    from django.core.management import call_command

    from newsletter.models import Delivery

    start = time.perf_counter()
    call_command("run_mail_worker", "--once")
    print(Delivery.objects.filter(state="sent").count() / (time.perf_counter() - start))


class Outbox:
    """A site of its own with a mail for everybody, and one worker."""

    def __init__(self, port: int, folder: str, **database: str) -> None:
        self.environment = os.environ | {
            "MODE": "development",
            "DATA": folder,
            "EMAIL_BACKEND": "newsletter.outbox.smtp_backend.Backend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(port),
            "DJANGO_SETTINGS_MODULE": "trustsite.settings",
            "MAIL_CONNECTIONS": str(CONNECTIONS),
            **database,
        }
        self.run("manage.py", "migrate", "-v0", "--skip-checks")

    def run(self, *command: str) -> str:
        """Run Python, and return what it printed."""
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def rate(self) -> float:
        """Return mails a second of one worker that sends all."""
        self.run("bench/mail.py", "seed")
        return float(self.run("bench/mail.py", "work").split()[-1])


def measure() -> dict[str, float]:
    """Return how fast one worker is against Django’s own loop, on each database that is here: medians."""
    _set_up()
    rates: dict[str, list[float]] = {"django": []}
    with ExitStack() as stack:
        folders = [stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(3)]
        port = stack.enter_context(sink(Path(folders[0]) / "received"))
        outboxes = {"SQLite": Outbox(port, folders[1])}
        if server := stack.enter_context(postgresql()):
            address = server.new_database()
            outboxes["PostgreSQL"] = Outbox(port, folders[2], DATABASE_URL=address)
        rates |= {name: [] for name in outboxes}
        for _ in range(ROUNDS):
            rates["django"].append(by_django(port))
            for name, outbox in outboxes.items():
                rates[name].append(outbox.rate())
    medians = {name: statistics.median(found) for name, found in rates.items()}
    print(medians, file=sys.stderr)
    return {name: medians[name] / medians["django"] for name in outboxes}


if __name__ == "__main__":
    _set_up()
    PART = {"seed": seed, "work": work, "": lambda: print(measure())}
    PART["".join(sys.argv[1:2])]()
