import logging
import sys

from operations import error_log
from trustsite.web.log_redaction import (
    FRAMES,
    LONGEST,
    OneLine,
    Redact,
    redact,
    redact_traceback,
)


def test_addresses_tokens_and_queries_are_taken_out():
    line = "Not Found: /newsletter/confirm/eyJhIjoxfQ:1abcde:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef/ for jo.bloggs@example.org"
    assert redact(line) == "Not Found: /newsletter/confirm/…/ for [address]"
    assert redact("GET /search/?q=secret HTTP/1.1") == "GET /search/?… HTTP/1.1"


def test_an_error_is_logged_without_what_it_quotes():
    typed = "jo.bloggs" + "@example.org"
    try:
        raise ValueError(f"{typed} is not valid")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "Failed for %s", (typed,), None)
        record.exc_info = (type(error), error, error.__traceback__)
    assert Redact().filter(record)
    line = logging.Formatter().format(record)
    assert "@example.org" not in line
    assert "ValueError" in line
    assert "test_log_redaction.py" in line


def test_nothing_slips_through_where_a_line_is_cut():
    token, address = "/" + "aB3" * 30 + "/", "jo.bloggs@example.org"
    for secret in (token, address):
        for place in range(LONGEST - 120, LONGEST + 5):
            line = redact("x" * (place - 1) + " " + secret + " and more" * 300)
            assert "aB3" not in line
            assert "jo.b" not in line
            assert len(line) <= LONGEST + 40


def test_without_the_care_at_the_edge_a_piece_of_an_address_would_be_logged(monkeypatch):
    monkeypatch.setattr("trustsite.web.log_redaction.cut", lambda text: text[:LONGEST])
    assert "jo.b" in redact("x" * (LONGEST - 6) + " jo.bloggs@example.org and more")


def test_addresses_are_told_in_every_spelling_that_a_log_may_hold():
    for spelling in (
        "jo%40example.org",
        "to=jo@example.org",
        "<jo@example.org>",
        "bounce+jo=example.org@site.test",
    ):
        assert "example.org" not in redact(f"Not Found: /{spelling}/ ({spelling})")


def test_a_deep_traceback_is_cut():
    def fall(depth):
        return fall(depth - 1) if depth else 1 / 0

    try:
        fall(300)
    except ZeroDivisionError as error:
        text = redact_traceback((type(error), error, error.__traceback__))
    assert text.endswith("ZeroDivisionError")
    assert len(text.splitlines()) < 10 * FRAMES


def told_by(name):
    """Return the kinds of handlers that a logger's records reach."""
    logger, kinds = logging.getLogger(name), set()
    while logger:
        kinds |= {type(handler) for handler in logger.handlers}
        logger = logger.parent if logger.propagate else None
    return kinds


def test_the_owner_is_told_of_our_errors_and_not_of_what_strangers_send():
    assert error_log.Handler in told_by("django.request")
    assert error_log.Handler not in told_by("django.security.TooManyFieldsSent")
    assert logging.StreamHandler in told_by("django.security.TooManyFieldsSent")


def test_what_strangers_send_is_one_line():
    try:
        raise ValueError("what they typed")
    except ValueError:
        record = logging.LogRecord(
            "django.security", logging.ERROR, __file__, 1, "No.", (), sys.exc_info()
        )
    assert OneLine().filter(record)
    assert "Traceback" not in logging.Formatter().format(record)
