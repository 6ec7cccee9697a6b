"""A log filter: no address, token or form leaves this process in a log line.

Strangers choose what is logged (paths, hosts, origins), so each line is cut first and each pattern takes linear time.
"""

import logging
import re
import traceback
from typing import Any

LONGEST = 2_000  # characters of a message that are looked at and kept
FRAMES = 30  # the last ones of a traceback say where it broke
# A word without what may stand around an address in prose, HTML or a Python value: one class, so nothing to go back over.
WORD = re.compile(r"[^\s<>\"'(),;:]+")
# Signed tokens and anything else long and random in a path; query strings go whole.
TOKEN = re.compile(r"(?<=/)[A-Za-z0-9_:.=-]{32,}+(?=/|\s|$|['\"?])")
QUERY = re.compile(r"(?<=[\w/])\?[^\s'\"]++")


def redact(text: str) -> str:
    """Return `text`, cut, without e-mail addresses, tokens in paths and query strings."""
    return QUERY.sub("?…", TOKEN.sub("…", WORD.sub(_no_address, cut(text))))


def cut(text: str) -> str:
    """Return the first `LONGEST` characters; the word at the edge goes whole, for half a token looks like none."""
    if len(text) <= LONGEST:
        return text
    whole = text[:LONGEST].rsplit(maxsplit=1)[:-1]
    return " ".join([*whole, "…"])


def _no_address(word: re.Match[str]) -> str:
    is_address = "@" in word[0] or "%40" in word[0]
    return "[address]" if is_address else word[0]


class Redact(logging.Filter):
    """Rewrites a record to its redacted message and drops the arguments, the request and local variables with it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        record.__dict__.pop("request", None)
        if record.exc_info and record.exc_info[1] is not None:
            # The exception's own text may quote what a person typed; its type and place are enough to find it.
            record.exc_text = redact_traceback(record.exc_info)
        return True


class OneLine(logging.Filter):
    """Takes the traceback from a record: where a request of no browser's was refused is always the same place."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info, record.exc_text = None, None
        return True


def redact_traceback(exc_info: Any) -> str:
    """Return the end of a traceback, whose final line names the error's type and nothing of its text."""
    error_type, error, trace = exc_info
    lines = [
        "Traceback (most recent call last):\n",
        *traceback.format_tb(trace, limit=-FRAMES),
        error_type.__name__,
    ]
    cause = error.__cause__
    return "".join(lines) + (f" (from {type(cause).__name__})" if cause else "")
