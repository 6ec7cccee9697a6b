"""How long a form takes says nothing of the address."""

import statistics
import time

import pytest

from newsletter import hashing, suppression
from newsletter.subscribing import constant_time, limits
from tests.factories import make_subscriber
from trustsite.web.form_guard import form_token

pytestmark = pytest.mark.django_db
STATES = ["unknown", "pending", "listed", "refused"]
TRIES = 3
ROUNDS = 3  # a busy machine only ever adds time: one quiet round shows what the code does


@pytest.fixture
def addresses(monkeypatch):
    """Some addresses of each sort that we may know."""
    monkeypatch.setattr(limits, "allow_request", lambda *args: True)
    for number in range(TRIES):
        make_subscriber(address=f"pending-{number}@example.org", state="pending")
        make_subscriber(address=f"listed-{number}@example.org")
        suppression.suppress(hashing.fingerprint(f"refused-{number}@example.org"), "bounced")


def quickest_and_slowest(post):
    """Return the medians of the quickest and the slowest sort of address, taken in turns."""
    times = {state: [] for state in STATES}
    for number in range(TRIES):
        for state, taken in times.items():
            start = time.perf_counter()
            assert post(f"{state}-{number}@example.org").status_code == 200
            taken.append(time.perf_counter() - start)
    medians = sorted(statistics.median(taken) for taken in times.values())
    return medians[0], medians[-1]


@pytest.mark.parametrize("path", ["/newsletter/subscribe/", "/newsletter/your-data/"])
def test_every_sort_of_address_takes_as_long(client, addresses, monkeypatch, path):
    monkeypatch.setattr(constant_time, "MIN_SECONDS", 0.4)
    post = lambda address: client.post(path, {"address": address, "stamp": form_token()})
    rounds = [quickest_and_slowest(post) for _ in range(ROUNDS)]
    assert min(quickest for quickest, _ in rounds) >= 0.4
    assert min(slowest / quickest for quickest, slowest in rounds) < 1.15


def test_an_error_comes_out_at_once(monkeypatch):
    monkeypatch.setattr(constant_time, "MIN_SECONDS", 60)
    with pytest.raises(ValueError), constant_time.constant_time():
        raise ValueError
