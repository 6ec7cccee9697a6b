"""Nothing of the answers or the result stays anywhere: no header, row or log line holds any of it."""

import io
import logging

import pytest
from django.conf import settings
from django.db import connection

from quiz import scoring
from tests.quiz.conftest import FIXTURES, example
from trustsite.redact import Redact

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
    client.post("/quiz/", {"version": 1, "q01": CANARY * 10_000})
    too_many = "&".join(f"{CANARY}{number}={CANARY}" for number in range(1_500))
    assert client.post("/quiz/", too_many, content_type="application/x-www-form-urlencoded").status_code == 400
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
