"""A list of 200,000: what readers feel while the worker does what grows with it: `python bench/lists.py [SQLite|PostgreSQL]`.

A letter begins, is paused, goes on and is withdrawn, a file of people is brought in, the list is taken out and old mails are
erased, all by a real worker on a real database; beside it, somebody signs up, confirms and leaves, again and again. Each step
is watched for a while at full size, not to its end, which is made in larger batches while nobody reads. Prints how fast each
step went, and the slowest answer that readers had meanwhile.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.servers import postgresql  # noqa: E402

PEOPLE = int(os.environ.get("PEOPLE", "200000"))
CHUNK = 5000
WARM = 3  # rounds of readers until a process has read its templates, as one that serves has
FILE = min(PEOPLE // 4, 50_000)  # entries of the file that is brought in
WATCHED = 45.0  # seconds of each step
HURRIED = 20_000  # rows in one transaction, while nobody reads


def seed() -> None:
    """Write so many people on the list, and a letter that is due."""
    from django.utils import timezone

    from newsletter.hashing import fingerprint
    from newsletter.models import Letter, Subscriber
    from newsletter.outbox.send_rate import pause_sending

    now = timezone.now()
    values = {"state": "confirmed", "wants_letters": True, "wording": "bench", "confirmed_at": now}
    for start in range(0, PEOPLE, CHUNK):
        addresses = [f"reader-{number}@example.org" for number in range(start, start + CHUNK)]
        people = [
            Subscriber(address=address, fingerprint=fingerprint(address), **values)
            for address in addresses
        ]
        Subscriber.objects.bulk_create(people)
    pause_sending()
    Letter.objects.create(subject="A letter", body="Words.", state="scheduled", send_at=now)


def work() -> None:
    """Be the worker."""
    from django.core.management import call_command

    call_command("run_mail_worker")


def beside() -> None:
    """Sign up, confirm and leave as readers do, until told that it's over; print the slowest of each."""
    import select

    from django.conf import settings
    from django.test import Client

    from newsletter import tokens
    from newsletter.models import Subscriber
    from newsletter.subscribing import limits, signup
    from trustsite.web.form_guard import form_token

    settings.ALLOWED_HOSTS = ["testserver"]
    limits.allow_request = lambda *args: True  # all of these come from one address
    client = Client(raise_request_exception=False)
    slowest, number = {"sign up": 0.0, "confirm": 0.0, "one-click": 0.0}, 0
    while not select.select([sys.stdin], [], [], 0.05)[0]:
        number += 1
        address = f"new-{os.getpid()}-{number}@example.org"
        signup.ask(address, letters=True)
        person = Subscriber.objects.get(address=address)
        asks = {"address": f"asks-{os.getpid()}-{number}@example.org", "stamp": form_token()}
        confirm = tokens.confirm_token(person, letters=True)
        one_click = {"List-Unsubscribe": "One-Click"}
        requests = {
            "sign up": ("/newsletter/subscribe/", asks),
            "confirm": (f"/newsletter/confirm/{confirm}/", {}),
            "one-click": (
                f"/newsletter/unsubscribe/{tokens.unsubscribe_token(person)}/",
                one_click,
            ),
        }
        for name, (path, fields) in requests.items():
            start = time.perf_counter()
            status = client.post(path, fields).status_code
            if number > WARM:
                slowest[name] = max(slowest[name], time.perf_counter() - start)
            if status != 200:
                raise SystemExit(f"{name} was answered by {status}")
    print(number, *(f"{name}: {took * 1000:.0f}" for name, took in slowest.items()), sep=", ")


def letter_step(name: str) -> None:
    """Have the letter begin, pause, go on or be withdrawn; print how fast its mails follow."""
    from newsletter.issues import lifecycle
    from newsletter.models import Delivery, Letter

    act = {"pause": lifecycle.pause, "resume": lifecycle.resume, "withdraw": lifecycle.withdraw}
    letter = Letter.objects.get()
    begun = time.perf_counter()
    if name in act:
        act[name](letter)
    own = time.perf_counter() - begun
    while _is_behind(letter) and time.perf_counter() - begun < WATCHED:
        time.sleep(0.2)
        letter.refresh_from_db()
    took = time.perf_counter() - begun
    becomes = {"start": "queued", "pause": "held", "resume": "queued", "withdraw": "suppressed"}
    number = Delivery.objects.filter(letter=letter, state=becomes[name]).count()
    print(
        f"  {name:9} {own * 1000:6.0f} ms by itself; {number / took:,.0f} of its mails a second follow"
    )


def _is_behind(letter: Any) -> bool:
    return letter.state == "scheduled" or letter.is_settling or letter.enqueue_below is not None


def hurry() -> None:
    """Bring what the worker would do in the next minutes to its end."""
    from newsletter.issues import copies

    copies.BATCH = HURRIED
    copies.settle()


def files() -> None:
    """Bring in a file of so many people, of whom half are on the list; take the whole list out."""
    from newsletter.admin.subscriber_export import SubscriberExport
    from newsletter.list_files import intake, jobs
    from newsletter.models import ListJob, Subscriber

    def wait(job: Any, state: str) -> None:
        while job.state != state:
            assert job.state in ListJob.AT_WORK, job.problem
            time.sleep(0.2)
            job.refresh_from_db()

    first = PEOPLE - FILE // 2
    lines = (f"reader-{first + number}@example.org,active\n" for number in range(FILE))
    start = time.perf_counter()
    pieces = [b"email,status\n", "".join(lines).encode()]
    job = intake.receive(pieces, {"basis": "a bench"}, None)
    wait(job, ListJob.State.LOOKED)
    looked = time.perf_counter() - start
    jobs.say_yes(job)
    job.refresh_from_db()
    wait(job, ListJob.State.DONE)
    took = time.perf_counter() - start - looked
    print(f"  import of {FILE:,}: looked through in {looked:.1f} s, brought in in {took:.1f} s")
    start = time.perf_counter()
    size = sum(map(len, SubscriberExport(Subscriber.objects.all()).as_csv()))
    print(f"  export: {size / 1e6:.0f} MB in {time.perf_counter() - start:.1f} s")


def age() -> None:
    """Make every mail of the letter a hundred days old."""
    from django.db.models import Max
    from django.utils import timezone

    from newsletter.models import Delivery

    long_ago = timezone.now() - timedelta(days=100)
    newest = Delivery.objects.aggregate(newest=Max("pk"))["newest"]
    for start in range(0, newest + 1, CHUNK):
        some = Delivery.objects.filter(letter__isnull=False, pk__gt=start, pk__lte=start + CHUNK)
        some.update(created_at=long_ago, changed_at=long_ago)


def pruned() -> None:
    """Print how fast they are erased."""
    from newsletter.models import Delivery

    old = Delivery.objects.filter(letter__isnull=False)
    number = old.count()
    begun = time.perf_counter()
    while old.exists() and time.perf_counter() - begun < WATCHED:
        time.sleep(0.2)
    took = time.perf_counter() - begun
    print(f"  prune: {(number - old.count()) / took:,.0f} mails a second")


PARTS = (seed, work, beside, letter_step, hurry, files, age, pruned)
STEPS = ("start", "pause", "resume", "withdraw")


def measure(name: str, **database: str) -> None:
    with tempfile.TemporaryDirectory(prefix="lists-") as folder:
        environment = os.environ | {"MODE": "development", "DATA": folder} | database
        environment |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONWARNINGS": "ignore"}
        migrate = [sys.executable, "manage.py", "migrate", "-v0", "--skip-checks"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)

        def start(*part: str, **pipes: Any) -> Any:
            command = [sys.executable, str(Path(__file__).resolve()), *part]
            return subprocess.Popen(command, env=environment, text=True, **pipes)

        def beside_readers(*part: str) -> None:
            """Run a part beside a worker and readers."""
            quiet, pipe = subprocess.DEVNULL, subprocess.PIPE
            reader, worker = (
                start("beside", stdin=pipe, stdout=pipe),
                start("work", stderr=quiet),
            )
            start(*part).wait()
            worker.terminate()
            worker.wait()
            said = reader.communicate("over")[0].strip()
            print("            the slowest meanwhile, ms: after", said, flush=True)

        start("seed").wait()
        print(f"{name}, {PEOPLE:,} people", flush=True)
        for step in STEPS:
            beside_readers("letter_step", step)
            start("hurry").wait()
        beside_readers("files")
        start("age").wait()
        beside_readers("pruned")


def main() -> Any:
    parts: dict[str, Callable[..., None]] = {part.__name__: part for part in PARTS}
    if sys.argv[1:] and sys.argv[1] in parts:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustsite.settings")
        import django

        django.setup()
        return parts[sys.argv[1]](*sys.argv[2:])
    chosen = sys.argv[1:] or ["SQLite", "PostgreSQL"]
    with ExitStack() as stack:
        if "SQLite" in chosen:
            measure("SQLite")
        if "PostgreSQL" in chosen and (server := stack.enter_context(postgresql())):
            measure("PostgreSQL", DATABASE_URL=server.new_database())
    return None


if __name__ == "__main__":
    main()
