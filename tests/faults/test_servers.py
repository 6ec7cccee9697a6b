"""What may differ on PostgreSQL and Redis, tried on real ones."""

import os
import random
import subprocess
import sys

from tests.faults.chaos import Run
from tests.servers import ROOT, sink
from tests.waiting import PATIENCE

# What the database itself does: claims and leases, sign-ups at once, search.
SAME = """
    tests/newsletter/outbox/test_sender.py
    tests/newsletter/outbox/test_crashes.py
    tests/newsletter/subscribing/test_signup.py
    tests/newsletter/subscribing/test_confirm.py
    tests/newsletter/subscribing/test_unsubscribe.py
    tests/articles/searching/test_query.py
    tests/articles/searching/test_queries.py
    tests/articles/searching/test_documents.py
"""


def run(tmp_path, *command, **environment):
    """Run Python inside the site, on other servers; return what it printed."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "DATABASE_", "CACHE_"))
    }
    here = {
        "MODE": "development",
        "DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=kept | here | environment,
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def test_the_same_promises_hold_on_postgresql(tmp_path, postgresql, redis):
    """Every migration, and what depends on the database, in one run of its own tests."""
    out = run(
        tmp_path,
        "-m",
        "pytest",
        *SAME.split(),
        DATABASE_URL=postgresql.new_database(),
        CACHE_URL=redis,
    )
    assert "100%" in out


def test_two_processes_send_a_letter_out_of_postgresql_and_nobody_has_two(tmp_path, postgresql):
    with sink(tmp_path / "received") as port:
        outcome = Run(tmp_path, port, postgresql.new_database()).chaos(
            people=300, kills=0, workers=2, pick=random.Random(7)
        )
    outcome.check()
    assert outcome.doubled == 0


AT_ONCE = """
import django; django.setup()
import threading
from django.core.mail import get_connection
from django.core.management import call_command
from django.db import connection
from newsletter.outbox import queue, sender
from newsletter.subscribing import intake, signup
from newsletter import suppression
from newsletter.models import Delivery, Subscriber

call_command("migrate", verbosity=0, skip_checks=True)
backend = get_connection("django.core.mail.backends.locmem.EmailBackend")
wrong, sent = [], []

def at_once(*deeds):
    start = threading.Barrier(len(deeds))
    def run(deed):
        try:
            start.wait()
            deed()
        except Exception as error:
            wrong.append(repr(error))
        finally:
            connection.close()
    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

def work():
    while row := queue.claim():
        sender.deliver(row, backend)

for number in range({rounds}):
    address = f"reader-{{number}}@example.org"
    ask = lambda: intake.take("guide", address, wants_letters=True)
    decide = lambda: intake.Decider().tick()
    at_once(ask, ask, ask)
    at_once(decide, decide)
    decide()
    [person] = Subscriber.objects.filter(address=address)
    assert Delivery.objects.filter(subscriber=person).count() == 1
    leave = lambda: signup.leave(person.fingerprint)
    confirm = lambda: signup.confirm(person.public_id)
    intake.take("guide", address, wants_letters=True)
    at_once(confirm, leave, work, work, decide)
    work()
    # They left: whatever came first, nothing of them is there, and nothing more goes out.
    assert not Subscriber.objects.filter(address=address).exists()
    assert suppression.is_suppressed(person.fingerprint) or not Delivery.objects.filter(subscriber_id=person.pk).exists()
assert not Delivery.objects.exists()
print(wrong or "well")
"""


def test_asking_confirming_leaving_and_sending_at_once_leaves_no_trace_and_nobody_waits_in_a_circle(
    tmp_path, postgresql
):
    out = run(tmp_path, "-c", AT_ONCE.format(rounds=25), DATABASE_URL=postgresql.new_database())
    assert out.strip().splitlines()[-1] == "well"


LIMITED = """
import django; django.setup()
from concurrent.futures import ThreadPoolExecutor
from django.test import RequestFactory
from newsletter.subscribing import limits
post = RequestFactory().post("/newsletter/subscribe/", REMOTE_ADDR="203.0.113.7")
with ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(lambda n: limits.allow_request(post, f"a@{name}-{{n}}.example"), range(25))))
"""


def test_of_fifty_at_once_in_two_processes_exactly_ten_pass(tmp_path, redis):
    here = {
        "MODE": "development",
        "DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "CACHE_URL": redis,
    }
    options = {"cwd": ROOT, "env": os.environ | here, "stdout": subprocess.PIPE, "text": True}
    codes = [LIMITED.format(name=name) for name in ("one", "two")]
    processes = [subprocess.Popen([sys.executable, "-c", code], **options) for code in codes]
    assert sum(int(process.communicate(timeout=PATIENCE)[0]) for process in processes) == 10
    assert sum(int(process.communicate(timeout=60)[0]) for process in processes) == 10


POOLED = """
import django; django.setup()
import threading
from django.db import connection

most, together = [], threading.Barrier(8)

def ask():
    together.wait()
    for _ in range(5):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.01), count(*) FROM pg_stat_activity WHERE application_name = 'pooled'")
            most.append(cursor.fetchone()[1])
        connection.close()

threads = [threading.Thread(target=ask) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(most), max(most))
"""


def test_eight_threads_share_two_connections_and_without_the_pool_they_take_eight(
    tmp_path, postgresql
):
    address = f"{postgresql.new_database()}?application_name=pooled"
    environment = {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "trustsite.settings"}
    asked, shared = run(tmp_path, "-c", POOLED, DATABASE_POOL="2", **environment).split()
    assert (asked, int(shared) <= 2) == ("40", True)
    asked, own = run(tmp_path, "-c", POOLED, **environment).split()
    assert (asked, int(own) > 2) == ("40", True)
