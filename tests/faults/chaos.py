"""Workers that are killed in the middle of their work, again and again: what becomes of everybody's mail.

`make chaos` sends a letter to 2,000 people and decides what forms took from 1,000 others, by real processes over real SMTP
out of a real database, and kills a worker at a random moment at least fifty times. Then nobody may be left out, nobody may have
more than two copies, there may be no more second copies than kills, both copies carry one Message-ID, and outbox and intake are
empty.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.servers import ROOT, postgresql, sink

# Seconds; five minutes in earnest. Where nobody is killed, no lease must end: a slow machine is no
# dead worker.
LEASE, LEASE_WITHOUT_KILLS = 1.0, 120.0
# A process that has everything loaded and forks off one for each line it reads: a worker as
# `manage.py run_mail_worker` is one, but with leases that fit into the run; or what sets up the
# database, or looks into it. The third crash over one mail would leave it to a person, which is
# another test's matter: here all are forgiven.
NURSERY = """
import django; django.setup()
import os, signal, sys
from collections import Counter
from datetime import timedelta
from django.core.management import call_command
from django.utils import timezone
from newsletter.outbox import queue, sender
from newsletter.subscribing import intake
from newsletter import worker as at_work
from newsletter.models import Delivery, FormRequest, Letter, Subscriber
from newsletter.hashing import fingerprint

intake.BATCH = 5  # more moments to die between two
queue.LEASE, queue.MAX_CRASHES = timedelta(seconds={lease}), 1000
at_work.HEARTBEAT_EVERY = timedelta(seconds=0.2)

def work(_):
    call_command("run_mail_worker")

def seed(number):
    call_command("migrate", verbosity=0, skip_checks=True)
    words = dict(sent_subject="A letter", sent_html="<p>Words.</p>" * 400, sent_text="Words.\\n" * 400)
    letter = Letter.objects.create(subject="A letter", body="Words.", state="sending", started_at=timezone.now(), **words)
    on_list = dict(state="confirmed", wants_letters=True, wording="test", confirmed_at=timezone.now())
    addresses = [f"reader-{{one}}@example.org" for one in range(int(number))]
    asking, listed = addresses[::3], [a for number, a in enumerate(addresses) if number % 3]
    form = dict(kind="guide", wording="test", asked_at=timezone.now())
    FormRequest.objects.bulk_create(FormRequest(address=a, fingerprint=fingerprint(a), **form) for a in asking)
    people = Subscriber.objects.bulk_create(Subscriber(address=a, fingerprint=fingerprint(a), **on_list) for a in listed)
    Delivery.objects.bulk_create(Delivery(kind="letter", letter=letter, subscriber=one, priority=1) for one in people)
    print("seeded", flush=True)

def count(_):
    waiting = FormRequest.objects.count()
    if waiting:
        return print(f"waiting={{waiting}}", flush=True)
    print(*(f"{{state}}={{n}}" for state, n in Counter(Delivery.objects.values_list("state", flat=True)).items()), flush=True)

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    name, number = line.split()
    pid = os.fork()
    if not pid:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        dict(work=work, seed=seed, count=count)[name](number)
        os._exit(0)
    if name == "work":
        print(pid, flush=True)
"""


@dataclass
class Outcome:
    """What came of a run."""

    people: int
    workers: int
    kills: int
    states: str  # state=number, by spaces
    copies: dict[str, list[str]]  # recipient: the Message-ID of each copy
    seconds: float

    @property
    def lost(self) -> Any:
        return self.people - len(self.copies)

    @property
    def doubled(self) -> Any:
        return sum(len(ids) - 1 for ids in self.copies.values())

    @property
    def most(self) -> Any:
        return max(map(len, self.copies.values()), default=0)

    def check(self) -> None:
        """Fail unless every promise was kept."""
        assert self.lost == 0, f"{self.lost} people were left out"
        assert self.most <= 2, f"somebody had {self.most} copies"
        assert self.doubled <= self.kills * self.workers, (
            f"{self.doubled} second copies of {self.kills} kills"
        )
        assert all(len(set(ids)) == 1 for ids in self.copies.values()), (
            "a second copy had another Message-ID"
        )
        assert self.states == f"sent={self.people}", f"the outbox ended as {self.states}"


class Run:
    """One run on a database of its own."""

    def __init__(self, folder: Path, port: int, database: str | None = None) -> None:
        here = {
            "MODE": "development",
            "DATA": str(folder),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }
        here |= {
            "EMAIL_BACKEND": "newsletter.outbox.smtp_backend.Backend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(port),
        }
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "CACHE_URL"}
        }
        self.environment = kept | here | ({"DATABASE_URL": database} if database else {})
        self.record = folder / "received"

    @contextmanager
    def nursery(self, lease: Any) -> Iterator[Any]:
        """Give a function that has the nursery do something and returns the line it answers."""
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        command = [sys.executable, "-c", NURSERY.format(lease=lease)]
        with (
            open(self.record.with_name("log"), "w") as log,
            subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stderr=log, **pipes
            ) as process,
        ):
            assert process.stdin
            assert process.stdout
            orders, answers = process.stdin, process.stdout

            def do(name: str, number: int = 0) -> Any:
                orders.write(f"{name} {number}\n")
                orders.flush()
                return answers.readline().strip()

            yield do
            orders.close()

    def received(self) -> Any:
        copies = defaultdict(list)
        if self.record.exists():
            for line in self.record.read_text().splitlines():
                recipient, message_id = line.split()
                copies[recipient].append(message_id)
        return dict(copies)

    def chaos(self, people: int, kills: int, workers: int, pick: Any = random) -> Any:
        """Send to so many people and kill so often, each time after another stretch of the work; then let it end."""
        start, killed = time.monotonic(), 0
        with self.nursery(LEASE if kills else LEASE_WITHOUT_KILLS) as do:
            do("seed", people)
            running = [int(do("work")) for _ in range(workers)]
            try:
                while killed < kills:
                    # Each life ends after a random number of mails, spread so that there is work left for every death.
                    seen = self.lines()
                    target = seen + pick.randint(
                        1, max(1, 2 * (people - seen) // (kills - killed + 1) - 1)
                    )
                    _until(partial(self._has_lines, min(target, people)), 60)
                    time.sleep(pick.uniform(0, 0.005))
                    victim = pick.randrange(workers)
                    _end(running[victim], signal.SIGKILL)
                    running[victim] = int(do("work"))
                    killed += 1
                _until(lambda: len(self.received()) >= people, 60)
                _until(lambda: do("count") == f"sent={people}", 60, pause=0.2)
            finally:
                for pid in running:
                    _end(pid, signal.SIGTERM)
            return Outcome(
                people, workers, killed, do("count"), self.received(), time.monotonic() - start
            )

    def _has_lines(self, number: int) -> bool:
        return bool(self.lines() >= number)

    def lines(self) -> Any:
        return self.record.read_bytes().count(b"\n") if self.record.exists() else 0


def _until(condition: Callable[[], object], seconds: float, pause: float = 0.002) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(pause)


def _end(pid: int, number: int) -> None:
    """End a process and wait until it is gone."""
    os.kill(pid, number)
    _until(lambda: not Path(f"/proc/{pid}").exists(), 30)


def main() -> None:
    people, kills = int(os.environ.get("PEOPLE", "3000")), int(os.environ.get("KILLS", "50"))
    seed = int(os.environ.get("SEED", random.randrange(10**6)))
    pick, failed = random.Random(seed), []
    print(f"{people:,} people, {kills} times kill -9 (SEED={seed} repeats the choices)")
    print(f"{'':24}{'lost':>6}{'doubled':>9}{'most copies':>13}{'seconds':>9}")
    with ExitStack() as stack:
        server = stack.enter_context(postgresql())
        if server is None:
            print(
                "PostgreSQL isn't installed, so only SQLite is tried: apt-get install -y postgresql"
            )
        for database in ["SQLite", "PostgreSQL"] if server else ["SQLite"]:
            for workers in (1, 2):
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
                with sink(folder / "received") as port:
                    run = Run(
                        folder, port, server.new_database() if database == "PostgreSQL" else None
                    )
                    outcome = run.chaos(people, kills, workers, pick)
                name = f"{database}, {workers} worker{'s' * (workers > 1)}"
                print(
                    f"{name:24}{outcome.lost:>6}{outcome.doubled:>9}{outcome.most:>13}{outcome.seconds:>9.0f}",
                    flush=True,
                )
                try:
                    outcome.check()
                except AssertionError as error:
                    failed.append(f"{name}: {error}")
    sys.exit("\n".join(failed) or 0)


if __name__ == "__main__":
    main()
