"""A log filter: no address, token or form leaves this process in a log line."""

import logging
import re
import traceback
from typing import Any

ADDRESS = re.compile(r"[^\s<>\"'(=,;:]+@[^\s<>\"'),;]+\.[^\s<>\"'),;]+")
# Signed tokens and anything else long and random in a path; query strings go whole.
TOKEN = re.compile(r"(?<=/)[A-Za-z0-9_:.=-]{32,}(?=/|\s|$|['\"?])")
QUERY = re.compile(r"(?<=[\w/])\?[^\s'\"]+")


def redact(text: str) -> str:
    """Return `text` without e-mail addresses, tokens in paths and query strings."""
    return QUERY.sub("?…", TOKEN.sub("…", ADDRESS.sub("[address]", text)))


class Redact(logging.Filter):
    """Rewrites a record to its redacted message and drops the arguments, the request and local variables with it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        record.__dict__.pop("request", None)
        if record.exc_info and record.exc_info[1] is not None:
            # The exception's own text may quote what a person typed; its type and place are enough to find it.
            record.exc_text = redact_traceback(record.exc_info)
        return True


def redact_traceback(exc_info: Any) -> str:
    """Return a traceback whose final line names the error's type and nothing of its text."""
    error_type, error, trace = exc_info
    lines = ["Traceback (most recent call last):\n", *traceback.format_tb(trace), error_type.__name__]
    cause = error.__cause__
    return "".join(lines) + (f" (from {type(cause).__name__})" if cause else "")
