"""Openings: which outside pages somebody at the desk has opened, before they say what stands there.

They are kept in the session, so they go with it, and tell nobody else who read what.
"""

import hashlib
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

NAME = "opened_pages"
KEPT = 200  # openings in one session; the oldest go
GOOD_FOR = timedelta(hours=12)


def note(request: HttpRequest, row: Any, address: str) -> None:
    """Note that the page at `address`, which `row` names, is opened now."""
    opened: dict[str, float] = request.session.get(NAME, {})
    opened.pop(_key(row, address), None)
    opened[_key(row, address)] = timezone.now().timestamp()
    request.session[NAME] = dict(list(opened.items())[-KEPT:])


def has_opened(request: HttpRequest, row: Any, address: str) -> bool:
    """Whether it was opened in this session, today, at the address that stands there now."""
    at: float = request.session.get(NAME, {}).get(_key(row, address), 0)
    return at > (timezone.now() - GOOD_FOR).timestamp()


def _key(row: Any, address: str) -> str:
    digest = hashlib.sha256(address.encode()).hexdigest()[:12]
    return f"{row._meta.label_lower}:{row.pk}:{digest}"
