"""Nothing of the answers or the result stays anywhere: no header, row or log line holds any of it."""

import io
import logging

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from quiz import version_cache
from quiz.scoring import scoring
from tests.quiz.conftest import FIXTURES, example
from trustsite.web.log_redaction import Redact

CANARY = "canary7531"


@pytest.mark.parametrize("over", [{}, {"change": 1}, {"version": "7"}, {"q01": "zz"}])
def test_no_answer_to_a_post_may_be_kept_or_found(post, texts, over):
    response = post("A", **over)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert not response.cookies
    assert not response.has_header("Location")
    assert not response.has_header("Refresh")


def everything():
    """Return every row of every table."""
    with connection.cursor() as cursor:
        tables = sorted(connection.introspection.table_names(cursor))
        return {table: cursor.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables}


def raw():
    """Return the database as bytes: of SQLite those it is stored in, what was overwritten included."""
    if connection.vendor != "sqlite":
        return repr(everything()).encode()
    connection.ensure_connection()
    return connection.connection.serialize()


def cached():
    """Return all that the cache holds."""
    if not settings.CACHE_URL:
        return dict(cache._cache)
    redis = cache._cache.get_client()
    return {key: redis.get(key) for key in redis.keys()}  # noqa: SIM118  a Redis


def journey(client, post):
    """Answer, change, go on to the longer quiz, and send what no form sends, everything marked. Return all responses."""
    answers, ratings = example("M")[1:3]
    full = {"version": 2, **answers, **{key: str(value) for key, value in ratings.items()}}
    marked = {CANARY: CANARY, "note": CANARY, "s9": CANARY}
    responses = [
        post(letter, **marked, **over) for letter in "ABCDEF" for over in ({}, {"change": CANARY})
    ]
    responses += [
        post("A", q05=CANARY, **marked),
        post("A", version=CANARY),
        post("A", q05=[CANARY, "a"]),
    ]
    responses += [
        client.post("/quiz/longer/", {"short": short, **answers, **marked})
        for short in ("1", CANARY)
    ]
    responses += [
        client.post("/quiz/longer/", full | marked | over)
        for over in ({}, {"s1": CANARY}, {"change": "1"})
    ]
    responses.append(client.post("/quiz/", {"version": 2, "q01": CANARY * 10_000}))
    return responses


PAGES = ["/quiz/", "/quiz/longer/", "/quiz/method/", "/quiz/paper/", "/", "/responses/"]


def test_nothing_marked_is_found_anywhere_afterwards(client, post, texts, logged, mailoutbox):
    pages = [client.get(page).content for page in PAGES]
    cache.set("here", "kept")
    rows, kept = raw(), cached()
    for response in journey(client, post):
        assert CANARY.encode() not in response.content
        assert CANARY not in str(response.headers)
        assert response.headers["Cache-Control"] == "no-store"
        assert not response.cookies
    assert raw() == rows
    assert CANARY.encode() not in raw()
    assert cached() == kept
    assert CANARY not in logged.getvalue()
    assert mailoutbox == []
    assert [client.get(page).content for page in PAGES] == pages
    assert [thing for thing in vars(version_cache).values() if CANARY in repr(thing)] == []


def test_the_search_would_find_what_is_there(quiz, logged):
    """The twin: a mark that is written is found, so that the test above can fail."""
    before = raw()
    quiz.quiz.title = CANARY
    quiz.quiz.save()
    assert raw() != before
    assert CANARY.encode() in raw()
    logging.getLogger("quiz").info(CANARY)
    assert CANARY in logged.getvalue()


def test_the_database_is_the_same_afterwards(client, post, texts):
    client.get("/quiz/")
    before = everything()
    assert before["quiz_question"]
    for letter in (fixture["id"] for fixture in FIXTURES if fixture["form"] == "short"):
        post(letter)
        post(letter, change=1)
    post("A", q01="zz", version="7")
    assert everything() == before


@pytest.fixture
def logged():
    """All that is logged, as the settings would write it, from the most talkative level up."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(Redact())
    handler.setFormatter(logging.Formatter("{name} {message}", style="{"))
    loggers = [logging.getLogger(name) for name in ("", *settings.LOGGING["loggers"])]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    # Statements are for development: DEBUG is off on a public site, and then the database's logger is silent.
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    yield stream
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)
    logging.getLogger("django.db.backends").setLevel(logging.NOTSET)


def test_no_answer_reaches_the_log(client, post, texts, logged, monkeypatch):
    post("A")
    post("A", q01=CANARY, **{CANARY: CANARY})
    post("A", version=CANARY)
    post("A", change=CANARY)
    client.post("/quiz/", {"version": 2, "q01": CANARY * 10_000})
    too_many = "&".join(f"{CANARY}{number}={CANARY}" for number in range(1_500))
    assert (
        client.post(
            "/quiz/", too_many, content_type="application/x-www-form-urlencoded"
        ).status_code
        == 400
    )
    client.post("/quiz/", {"q01": CANARY}, headers={"Sec-Fetch-Site": "cross-site"})

    def broken(form, answers, ratings=None):
        raise ValueError(f"{CANARY} {answers}")

    monkeypatch.setattr(scoring, "score", broken)
    client.raise_request_exception = False
    response = post("A", q02=example("A")[1]["q02"], note=CANARY)
    assert response.status_code == 500
    assert CANARY not in response.content.decode()
    text = logged.getvalue()
    assert "/quiz/" in text
    assert CANARY not in text
    assert "q01" not in text
