"""Where somebody is logged in. All of it stands in the sessions themselves: when it began, when it was last used, and a
browser in three words. No address of a machine."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

LASTS = timedelta(hours=12)  # from logging in, however busy it is
NOTED_EVERY = 300  # seconds; to write at each page would cost more than it tells
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
class Visit:
    """One place where somebody is logged in."""

    key: str
    browser: str
    began: datetime
    used: datetime


def note(request: HttpRequest) -> None:
    """Keep in the session when it began and was last used; end it twelve hours after its beginning."""
    now, session = timezone.now(), request.session
    if "began" not in session:
        session["began"] = session["used"] = int(now.timestamp())
        session["browser"] = named(request.headers.get("User-Agent", ""))
        session.set_expiry(now + LASTS)
        session.save()  # at once, so that the list has it too
    elif now.timestamp() - session["used"] > NOTED_EVERY:
        session["used"] = int(now.timestamp())


def visits(user_id: int) -> list[Visit]:
    """Return where a person is logged in, the latest used first."""
    found = [_visit(session.session_key, data) for session, data in _of(user_id) if "began" in data]
    return sorted(found, key=lambda visit: visit.used, reverse=True)


def end(user_id: int, *, but: str | None = None) -> int:
    """Log a person out everywhere, except in the session `but`; return from how many places."""
    ended = [session for session, _ in _of(user_id) if session.session_key != but]
    for session in ended:
        session.delete()
    return len(ended)


def forget_ended() -> None:
    """Erase sessions whose time is over."""
    Session.objects.filter(expire_date__lte=timezone.now()).delete()


def named(agent: str) -> str:
    """Return a browser in a few words, such as “Firefox on Windows”: enough to know one's own, too little to know a person."""
    browser = next((name for mark, name in _BROWSERS.items() if f"{mark}/" in agent), "A browser")
    system = next((name for mark, name in _SYSTEMS.items() if re.search(mark, agent)), "")
    return f"{browser} on {system}" if system else browser


def _of(user_id: int) -> Iterator[tuple[Session, dict[str, Any]]]:
    """Yield a person's sessions. Only editors have any, so they are few enough to look at all."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()):
        data = session.get_decoded()
        if data.get(SESSION_KEY) == str(user_id):
            yield session, data


def _visit(key: str, data: dict[str, Any]) -> Visit:
    began, used = (datetime.fromtimestamp(data[name], UTC) for name in ("began", "used"))
    return Visit(key, data["browser"], began, used)
