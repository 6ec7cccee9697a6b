"""How often the form may be used, without knowing who uses it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from newsletter.subscribing import limits


def request(rf, **meta):
    return rf.post("/newsletter/subscribe/", **meta)


def ask(rf, number, address="a@gmail.com"):
    return limits.allow_request(request(rf, REMOTE_ADDR=f"203.0.113.{number}"), address)


def test_of_fifty_at_once_exactly_ten_pass(rf):
    post = request(rf, REMOTE_ADDR="203.0.113.7")
    with ThreadPoolExecutor(8) as pool:
        passed = list(
            pool.map(
                lambda number: limits.allow_request(post, f"a@domain-{number}.example"), range(50)
            )
        )
    assert sum(passed) == limits.PER_NETWORK.max_count == 10


def test_a_domain_is_limited_but_a_large_provider_is_not(rf):
    small = [ask(rf, number, "a@small.example") for number in range(40)]
    large = [ask(rf, number, "a@gmail.com") for number in range(40)]
    allowed = limits.PER_DOMAIN.max_count
    assert small == [True] * allowed + [False] * (40 - allowed)
    assert all(large)


def test_beyond_the_sites_limit_only_who_asks_again_waits(rf, monkeypatch):
    monkeypatch.setattr(limits, "IN_ALL", replace(limits.IN_ALL, max_count=5))
    assert all(ask(rf, number) for number in range(20))  # each for the first time
    assert not any(ask(rf, number) for number in range(20))


def test_clients_that_cannot_be_told_share_one_count_and_shut_nobody_else_out(rf):
    unknown = [limits.allow_request(request(rf, REMOTE_ADDR=""), "a@gmail.com") for _ in range(12)]
    assert unknown == [True] * 10 + [False] * 2
    assert ask(rf, 7)


def test_links_that_do_not_work_are_limited_by_network(rf):
    post = request(rf, REMOTE_ADDR="203.0.113.7")
    allowed = limits.BAD_LINKS.max_count
    assert [limits.allow_token_try(post) for _ in range(allowed + 1)] == [True] * allowed + [False]
    assert limits.allow_token_try(request(rf, REMOTE_ADDR="203.0.113.8"))


def test_a_store_that_is_away_costs_nobody_the_guide(rf, settings, caplog):
    settings.CACHE_URL = ""  # where Redis counts, the file is not asked
    settings.LIMITS_FILE = settings.LIMITS_FILE.parent  # a folder: no file can be opened there
    assert all(ask(rf, 7) for _ in range(20))
    assert "was not kept" in caplog.text
    assert "203.0.113" not in caplog.text
