"""Active sessions: where somebody is logged in, for them to see and to revoke.

All of it stands in the sessions themselves: when each began, when it was last used, and a browser
in three words. No address of a machine.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone

logger = logging.getLogger(__name__)

MAX_AGE = timedelta(hours=12)  # from logging in, however busy it is
TOUCH_INTERVAL = 300  # seconds; to write at each page would cost more than it tells
_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone|iPad": "an iPhone or iPad",
    "Windows": "Windows",
    "Mac OS": "a Mac",
    "Linux": "Linux",
}


@dataclass(frozen=True)
class ActiveSession:
    """One session of somebody: its key, its browser in words, when it began and was last used."""

    key: str
    browser: str
    began: datetime
    used: datetime


def touch(request: HttpRequest) -> None:
    """Keep in the session when it began and was last used; end it twelve hours after its beginning."""
    now, session = timezone.now(), request.session
    if "began" not in session:
        session["began"] = session["used"] = int(now.timestamp())
        session["browser"] = browser_name(request.headers.get("User-Agent", ""))
        session.set_expiry(now + MAX_AGE)
        _save(session)  # at once, so that the list has it too
    elif now.timestamp() - session["used"] > TOUCH_INTERVAL:
        session["used"] = int(now.timestamp())
        _save(session)


def _save(session: Any) -> None:
    """Save what was noted; the desk can be read while nothing can be written."""
    try:
        session.save()
    except (DatabaseError, UpdateError) as error:  # Django makes the second of the first
        logger.warning("When a session was used could not be noted: %s.", type(error).__name__)
    session.modified = False


def active_sessions(user_id: int) -> list[ActiveSession]:
    """Return a person's sessions, the latest used first."""
    active = []
    for session, data in _sessions_of(user_id):
        if "began" in data:
            active.append(_active_session(session.session_key, data))
    return sorted(active, key=attrgetter("used"), reverse=True)


def revoke(user_id: int, *, but: str | None = None) -> int:
    """Log a person out everywhere, except in the session `but`; return how many sessions ended."""
    revoked = 0
    for session, _ in list(_sessions_of(user_id)):
        if session.session_key != but:
            session.delete()
            revoked += 1
    return revoked


def clear_expired() -> None:
    """Erase sessions whose time is over."""
    Session.objects.filter(expire_date__lte=timezone.now()).delete()


def browser_name(agent: str) -> str:
    """Return a browser in a few words, such as “Firefox on Windows”.

    Enough to know one's own, too little to know a person.
    """
    browser = next((name for mark, name in _BROWSERS.items() if f"{mark}/" in agent), "A browser")
    system = next((name for mark, name in _SYSTEMS.items() if re.search(mark, agent)), "")
    return f"{browser} on {system}" if system else browser


def _sessions_of(user_id: int) -> Iterator[tuple[Session, dict[str, Any]]]:
    """Yield a person's sessions. Only editors have any, so they are few enough to look at all."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()):
        data = session.get_decoded()
        if data.get(SESSION_KEY) == str(user_id):
            yield session, data


def _active_session(key: str, data: dict[str, Any]) -> ActiveSession:
    began, used = (datetime.fromtimestamp(data[name], UTC) for name in ("began", "used"))
    return ActiveSession(key, data["browser"], began, used)
