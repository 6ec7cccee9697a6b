import logging

from trustsite.redact import Redact, redact


def test_addresses_tokens_and_queries_are_taken_out():
    line = (
        "Not Found: /newsletter/confirm/eyJhIjoxfQ:1abcde:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef/ for jo.bloggs@example.org"
    )
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
    assert "test_redact.py" in line
