"""How often the form may be used, without knowing who uses it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache

from newsletter.subscribing import limits


def request(rf, **meta):
    return rf.post("/newsletter/subscribe/", **meta)


def test_of_fifty_at_once_exactly_ten_pass(rf):
    post = request(rf, REMOTE_ADDR="203.0.113.7")
    with ThreadPoolExecutor(8) as pool:
        passed = list(
            pool.map(
                lambda number: limits.allow_request(post, f"a@domain-{number}.example"), range(50)
            )
        )
    assert sum(passed) == limits.PER_CLIENT


def test_a_domain_is_limited_but_a_large_provider_is_not(rf):
    def ask(address, number):
        return limits.allow_request(request(rf, REMOTE_ADDR=f"203.0.113.{number}"), address)

    small = [ask("a@small.example", number) for number in range(40)]
    large = [ask("a@gmail.com", number) for number in range(40)]
    assert small == [True] * limits.PER_DOMAIN + [False] * (40 - limits.PER_DOMAIN)
    assert all(large)


def test_the_cache_holds_no_address_of_a_person_or_a_machine(rf):
    limits.allow_request(request(rf, REMOTE_ADDR="203.0.113.7"), "ann@example.org")
    kept = repr(cache._cache)
    assert kept
    assert not any(word in kept for word in ("ann", "example", "203.0.113"))


@pytest.mark.parametrize(
    ("meta", "known_as"),
    [
        ({"REMOTE_ADDR": "203.0.113.7"}, "203.0.113.7"),
        ({"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::/64"),
        ({"REMOTE_ADDR": "203.0.113.7", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}, "203.0.113.7"),
        ({"REMOTE_ADDR": ""}, ""),
    ],
)
def test_a_client_is_known_by_its_network(rf, meta, known_as):
    assert limits.client(request(rf, **meta)) == known_as


def test_behind_our_proxy_only_what_it_saw_counts(rf, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    post = request(rf, REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="1.2.3.4, 203.0.113.7")
    assert limits.client(post) == "203.0.113.7"


def test_a_cache_that_is_away_costs_nobody_the_guide(rf, monkeypatch):
    def away(*args):
        raise ConnectionError

    monkeypatch.setattr(limits.cache, "add", away, raising=False)
    assert limits.allow_request(request(rf), "ann@example.org")
