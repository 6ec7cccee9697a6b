"""A list of 200,000: what readers feel while the worker does what grows with it: `python bench/lists.py`.

A letter begins, is paused, goes on and is withdrawn, all by a real worker on a real database; beside it, somebody signs up,
confirms and leaves, again and again. Prints how long each step took, and the slowest of what readers did meanwhile.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.servers import postgresql  # noqa: E402

PEOPLE = int(os.environ.get("PEOPLE", "200000"))
CHUNK = 5000


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
    """Sign up, confirm and leave until told that it's over; print the slowest of each, in milliseconds."""
    import select

    from newsletter.models import Subscriber
    from newsletter.subscribing import signup

    slowest, number = {"sign up": 0.0, "confirm": 0.0, "leave": 0.0}, 0
    while not select.select([sys.stdin], [], [], 0.02)[0]:
        number += 1
        address = f"new-{number}@example.org"

        def confirm(address: str = address) -> None:
            signup.confirm(Subscriber.objects.get(address=address).public_id)

        def leave(address: str = address) -> None:
            signup.leave(Subscriber.objects.get(address=address).fingerprint)

        acts = {"sign up": lambda a=address: signup.ask(a, letters=True), "confirm": confirm}
        for name, act in (acts | {"leave": leave}).items():
            start = time.perf_counter()
            act()
            slowest[name] = max(slowest[name], time.perf_counter() - start)
    print(number, *(f"{name}: {took * 1000:.0f}" for name, took in slowest.items()), sep=", ")


def steps() -> None:
    """Have the letter begin, pause, go on and be withdrawn; print how long its mails took to follow."""
    from newsletter.issues import lifecycle
    from newsletter.models import Letter

    acts = (
        ("start", None),
        ("pause", lifecycle.pause),
        ("resume", lifecycle.resume),
        ("withdraw", lifecycle.withdraw),
    )
    for name, act in acts:
        start = time.perf_counter()
        letter = Letter.objects.get()
        if act:
            act(letter)
        own = time.perf_counter() - start
        while letter.state == "scheduled" or letter.is_settling or letter.enqueue_below is not None:
            time.sleep(0.2)
            letter.refresh_from_db()
        print(
            f"  {name:9} {own * 1000:6.0f} ms by itself, its mails followed in {time.perf_counter() - start:5.1f} s"
        )


def measure(name: str, **database: str) -> None:
    with tempfile.TemporaryDirectory(prefix="lists-") as folder:
        environment = os.environ | {"MODE": "development", "DATA": folder} | database
        environment |= {"DJANGO_SETTINGS_MODULE": "trustsite.settings", "PYTHONWARNINGS": "ignore"}
        migrate = [sys.executable, "manage.py", "migrate", "-v0", "--skip-checks"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)

        def start(part: str, **pipes: Any) -> Any:
            command = [sys.executable, str(Path(__file__).resolve()), part]
            return subprocess.Popen(command, env=environment, text=True, **pipes)

        start("seed").wait()
        print(f"{name}, {PEOPLE:,} people", flush=True)
        pipe = subprocess.PIPE
        reader, worker = (
            start("beside", stdin=pipe, stdout=pipe),
            start("work", stderr=subprocess.DEVNULL),
        )
        start("steps").wait()
        worker.terminate()
        worker.wait()
        print(
            "  the slowest meanwhile, ms: after", reader.communicate("over")[0].strip(), flush=True
        )


def main() -> Any:
    if sys.argv[1:]:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustsite.settings")
        import django

        django.setup()
        return {"seed": seed, "work": work, "beside": beside, "steps": steps}[sys.argv[1]]()
    with ExitStack() as stack:
        measure("SQLite")
        if server := stack.enter_context(postgresql()):
            measure("PostgreSQL", DATABASE_URL=server.new_database())
    return None


if __name__ == "__main__":
    main()
