"""Numbers that people were told or that were measured: who changes one must mean to.

Readers, the privacy page, docs/security.md, docs/operators.md and the decisions speak of them.
"""

import importlib
from datetime import timedelta

import pytest

from trustsite.web.rate_limit.redis_store import RedisStore

HOUR = 3600
NUMBERS = {
    "accounts.login_throttle": {"WINDOW": 15 * 60, "HOUR": HOUR},
    "articles.linking.redirects": {"MOST_KNOWN": 5_000},
    "articles.models.redirects": {"LONGEST": 200},
    "articles.reading.lists": {"MOST": 100, "PAGE": 30},
    "articles.reading.sitemaps": {"PART": 200},
    "articles.searching.index": {"MOST": 300},
    "newsletter.bounces.bounces": {
        "MAX_SOFT": 3,
        "WITHIN": timedelta(days=30),
        "PAUSE": timedelta(days=7),
    },
    "newsletter.bounces.reputation": {
        "COMPLAINTS_WITHIN": timedelta(days=30),
        "MAX_COMPLAINT_RATE": 0.001,
        "MIN_COMPLAINTS": 3,
        "MIN_REFUSED": 10,
        "MAX_REFUSED_RATE": 0.1,
    },
    "newsletter.outbox.eligibility": {"RECHECK_AFTER": timedelta(minutes=1)},
    "newsletter.outbox.sender": {
        "BACK_OFF": [timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 240, 720)],
        "JITTER": 0.2,
    },
    "newsletter.subscribing.limits": {"HOUR": HOUR},
    "newsletter.tokens": {
        "CONFIRM_WITHIN": timedelta(hours=72),
        "SETTINGS_WITHIN": timedelta(days=7),
    },
    "prose.affiliate_rules": {"SECTIONS_BEFORE": 2},
    "prose.renderer": {"LONGEST": 200_000},
    "quiz.lint": {
        "OPTION_COUNT": 4,
        "OPTION_POINTS": 3,
        "MAX_SPREAD": 1.0,
        "MIN_WORDS": 7,
        "MAX_WORDS": 14,
    },
    "quiz.scoring.scoring": {"CLEAR_SHARE": 50, "CLEAR_LEAD": 25, "SECONDARY_SHARE": 25},
    "quiz.scoring.stability": {"MAX_LISTED_CHANGES": 2},
    "trustsite.web.rate_limit.circuit_breaker": {"PAUSE": 10},
    "trustsite.web.rate_limit.file_store": {"MAX_ROWS": 200_000, "TRIM_EVERY": 256},
    "trustsite.web.rate_limit.memory_store": {"MAX_COUNTS": 10_000},
    "trustsite.web.rate_limit.store": {
        "TIMEOUT": 0.1,
        "KEY_LIFETIME": 24 * HOUR,
        "MAX_WINDOW": HOUR,
    },
    "trustsite.web.serving.page_cache": {
        "MAX_BYTES": 64 * 1024**2,
        "MAX_AGE": 12 * HOUR,
        "MAX_EVENTS": 256,
        "CACHE_CONTROL": "public, max-age=60, stale-while-revalidate=600",
    },
    "trustsite.web.serving.page_cache_refresh": {
        "CHECK_INTERVAL": 0.25,
        "RETRY_AFTER": 5,
        "NICE": 15,
        "IDLE": 0.2,
    },
}
# How many, and within how many seconds.
LIMITS = {
    "PER_DEVICE": (5, 15 * 60),
    "PER_ACCOUNT": (5, 15 * 60),
    "PER_ACCOUNT_ANYWHERE": (100, 15 * 60),
    "PER_NETWORK": (20, 15 * 60),
    "PER_CODE": (5, 15 * 60),
    "PER_CODE_ANYWHERE": (20, 15 * 60),
    "PER_PASSKEY": (60, 15 * 60),
    "RESET_EMAILS_PER_ADDRESS": (3, HOUR),
    "RESET_EMAILS_PER_NETWORK": (6, HOUR),
}


@pytest.mark.parametrize("module", NUMBERS)
def test_a_number_stays_what_was_told(module):
    found = importlib.import_module(module)
    expected = NUMBERS[module]
    assert {name: getattr(found, name) for name in expected} == expected


def test_redis_is_waited_for_as_long_as_was_told():
    options = RedisStore("redis://127.0.0.1").client.connection_pool.connection_kwargs
    assert 0 < options["socket_timeout"] <= 0.25
    assert 0 < options["socket_connect_timeout"] <= 0.25


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_of_logins_stays_what_was_told(name):
    limit = getattr(importlib.import_module("accounts.login_throttle"), name)
    assert (limit.max_count, limit.window) == LIMITS[name]
    assert limit.falls_back_to_memory
