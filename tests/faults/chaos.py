"""Workers that are killed in the middle of their work, again and again: what becomes of everybody's mail.

`make chaos` sends a letter to 2,000 people and decides what forms took from 1,000 others, by real processes over real SMTP
out of a real database, and kills a worker at a random moment at least fifty times. Then nobody may be left out; nobody may have
more copies than two deaths in one mail explain; there may be no more second copies than kills times connections; all copies
carry one Message-ID, and outbox and intake are empty. Then workers are killed while a letter begins, is paused and goes on, and
while a list comes in: nobody may be missing, nobody there twice.
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
# One, and one for each death that held the mail: after the second the site lets a mail wait for a person (queue.MAX_CRASHES).
MOST_COPIES = 3
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
from newsletter.issues import copies, lifecycle, scheduling
from newsletter.list_files import intake as list_intake, jobs
from newsletter.outbox import queue, sender
from newsletter.outbox.send_rate import pause_sending
from newsletter.subscribing import intake
from newsletter import worker as at_work
from newsletter.models import Delivery, FormRequest, Letter, ListJob, Subscriber, Suppression
from newsletter.hashing import fingerprint

intake.BATCH = 5  # more moments to die between two
queue.LEASE, queue.MAX_CRASHES = timedelta(seconds={lease}), 1000
at_work.HEARTBEAT_EVERY = timedelta(seconds=0.2)
# Batches of a few rows, so that there are many to die in.
copies.BATCH, jobs.BATCH, jobs.LEASE = {batch}, {batch}, timedelta(seconds={lease})
at_work.ISSUES_EVERY = 0.1

def work(_):
    call_command("run_mail_worker")

def seed(number, quiet=False):
    call_command("migrate", verbosity=0, skip_checks=True)
    words = dict(sent_subject="A letter", sent_html="<p>Words.</p>" * 400, sent_text="Words.\\n" * 400)
    letter = Letter.objects.create(subject="A letter", body="Words.", state="sending", started_at=timezone.now(), **words)
    on_list = dict(state="confirmed", wants_letters=True, wording="test", confirmed_at=timezone.now())
    addresses = [f"reader-{{one}}@example.org" for one in range(int(number))]
    asking = [] if quiet else addresses[::3]
    listed = sorted({{*addresses}} - {{*asking}})
    form = dict(kind="guide", wording="test", asked_at=timezone.now())
    FormRequest.objects.bulk_create(FormRequest(address=a, fingerprint=fingerprint(a), **form) for a in asking)
    people = Subscriber.objects.bulk_create(Subscriber(address=a, fingerprint=fingerprint(a), **on_list) for a in listed)
    Delivery.objects.bulk_create(Delivery(kind="letter", letter=letter, subscriber=one, priority=1) for one in people)
    quiet or print("seeded", flush=True)

def settling(number):
    seed(number, quiet=True)
    pause_sending()
    Delivery.objects.all().delete()
    Letter.objects.update(state="scheduled", send_at=timezone.now(), started_at=None)
    scheduling.start(Letter.objects.get())
    print("seeded", flush=True)

def step(name):
    dict(pause=lifecycle.pause, resume=lifecycle.resume)[name](Letter.objects.get())
    print("done", flush=True)

def left(_):
    letter = Letter.objects.first()
    busy = letter is not None and (letter.is_settling or letter.enqueue_below is not None)
    busy = busy or ListJob.objects.filter(state__in=ListJob.AT_WORK).exists()
    print("busy" if busy else "idle", flush=True)

def bring(number):
    call_command("migrate", verbosity=0, skip_checks=True)
    rows = "".join(f"reader-{{one}}@example.org,{{'active' if one % 3 else 'inactive'}},free\\n" for one in range(int(number)))
    list_intake.receive([("email,status,tier\\n" + rows).encode()], dict(basis="a test"), None)
    print("seeded", flush=True)

def say_yes(_):
    print(jobs.say_yes(ListJob.objects.get()), flush=True)

def people(_):
    counts = ListJob.objects.get().counts
    print(Subscriber.objects.count(), Suppression.objects.count(), counts["new"], counts["suppressed"], flush=True)

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
        dict(work=work, seed=seed, count=count, settling=settling, step=step, left=left, bring=bring,
             say_yes=say_yes, people=people)[name](number)
        os._exit(0)
    if name == "work":
        print(pid, flush=True)
"""


@dataclass
class Outcome:
    """What came of a run."""

    people: int
    workers: int
    connections: int
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
        assert self.most <= MOST_COPIES, f"somebody had {self.most} copies"
        assert self.doubled <= self.kills * self.workers * self.connections, (
            f"{self.doubled} second copies of {self.kills} kills"
        )
        assert all(len(set(ids)) == 1 for ids in self.copies.values()), (
            "a second copy had another Message-ID"
        )
        assert self.states == f"sent={self.people}", f"the outbox ended as {self.states}"


class Run:
    """One run on a database of its own."""

    def __init__(
        self,
        folder: Path,
        port: int,
        database: str | None = None,
        connections: int = 1,
        batch: int = 1000,
    ) -> None:
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
        self.environment["MAIL_CONNECTIONS"] = str(connections)
        self.connections, self.batch = connections, batch
        self.record = folder / "received"

    @contextmanager
    def nursery(self, lease: Any) -> Iterator[Any]:
        """Give a function that has the nursery do something and returns the line it answers."""
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        command = [sys.executable, "-c", NURSERY.format(lease=lease, batch=self.batch)]
        with (
            open(self.record.with_name("log"), "w") as log,
            subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stderr=log, **pipes
            ) as process,
        ):
            assert process.stdin
            assert process.stdout
            orders, answers = process.stdin, process.stdout

            def do(name: str, argument: object = 0) -> Any:
                orders.write(f"{name} {argument}\n")
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
            took = time.monotonic() - start
            found = do("count"), self.received(), took
            return Outcome(people, workers, self.connections, killed, *found)

    def die_often(self, do: Any, kills: int, pick: Any) -> int:
        """Kill a worker at random moments until its batches are done, then let it end; return how often it died."""
        killed, running = 0, int(do("work"))
        try:
            while killed < kills and do("left") != "idle":
                time.sleep(pick.uniform(0.02, 0.25))
                _end(running, signal.SIGKILL)
                running = int(do("work"))
                killed += 1
            _until(lambda: do("left") == "idle", 120, pause=0.1)
        finally:
            _end(running, signal.SIGTERM)
        return killed

    def chaos_of_batches(self, people: int, kills: int, pick: Any = random) -> dict[str, int]:
        """Kill workers while a letter begins, is paused and goes on; return how often in each."""
        found = {}
        with self.nursery(LEASE) as do:
            do("settling", people)
            for name, ends in (("start", "queued"), ("pause", "held"), ("resume", "queued")):
                if name != "start":
                    do("step", name)
                found[name] = self.die_often(do, kills, pick)
                states = do("count")
                assert states == f"{ends}={people}", f"killed during {name}: {states}"
        return found

    def chaos_of_import(self, people: int, kills: int, pick: Any = random) -> dict[str, int]:
        """Kill workers while a file is looked through and brought in; return how often in each."""
        found = {}
        with self.nursery(LEASE) as do:
            do("bring", people)
            found["look"] = self.die_often(do, kills, pick)
            assert do("say_yes") == "True", "the look came to no end"
            found["import"] = self.die_often(do, kills, pick)
            left = len(range(0, people, 3))
            new = people - left
            there = do("people")
            assert there == f"{new} {left} {new} {left}", f"killed during an import: {there}"
        return found

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


def _problems(name: str, check: Callable[[], object]) -> list[str]:
    try:
        check()
    except AssertionError as error:
        return [f"{name}: {error}"]
    return []


def _tell(name: str, run: Callable[..., object], people: int, kills: int, pick: Any) -> None:
    print(f"{name}: died {run(people, kills, pick)}, nobody missing, nobody twice", flush=True)


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
            for workers, connections in ((1, 1), (1, 4), (2, 4)):
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
                with sink(folder / "received") as port:
                    address = server.new_database() if database == "PostgreSQL" else None
                    run = Run(folder, port, address, connections)
                    outcome = run.chaos(people, kills, workers, pick)
                name = f"{database}, {workers} of {connections}"
                print(
                    f"{name:24}{outcome.lost:>6}{outcome.doubled:>9}{outcome.most:>13}{outcome.seconds:>9.0f}",
                    flush=True,
                )
                failed += _problems(name, outcome.check)
            for what in ("chaos_of_batches", "chaos_of_import"):
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
                address = server.new_database() if database == "PostgreSQL" else None
                run = Run(folder, 25, address, batch=max(1, people // 100))
                name = f"{database}, {what}"
                failed += _problems(
                    name, partial(_tell, name, getattr(run, what), people, kills, pick)
                )
    sys.exit("\n".join(failed) or 0)


if __name__ == "__main__":
    main()
