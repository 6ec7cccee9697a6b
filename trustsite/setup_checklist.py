"""What is still to do before readers come: a list on the desk's first page, for owners, until all of it is done.

Only what can be looked up is asked. Each app tells its own steps (settings.DESK_STEPS).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string

OWNS = "auth.change_user"
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True)
class Step:
    """One thing to do: what, whether it is done, how, and where. A `press` is a button that does it."""

    words: str
    is_done: bool
    how: str
    address: str = ""
    press: str = ""


def steps(request: HttpRequest) -> list[Step]:
    """Return all steps, for who owns the site, as long as one is left; else none."""
    if not request.user.has_perm(OWNS):  # type: ignore[union-attr]
        return []
    told = [step for path in settings.DESK_STEPS for step in _told(path, request)]
    return [] if all(step.is_done for step in told) else told


def _told(path: str, request: HttpRequest) -> Iterable[Step]:
    tell: Callable[[HttpRequest], Iterable[Step]] = import_string(path)
    return tell(request)


def of_site(request: HttpRequest) -> Iterator[Step]:
    """Yield the steps that belong to no app: names, keys, the owner's own login."""
    left = [
        name
        for name in ("PUBLISHER", "POSTAL_ADDRESS", "CONTACT_EMAIL", "FROM_EMAIL")
        if _is_placeholder(name)
    ]
    how = f"Set {', '.join(left)} in the server’s settings: pages and mails show placeholders."
    yield Step("Say who publishes this, and where", not left, how)
    left = settings.GENERATED_SECRETS
    how = f"Set {' and '.join(left)} in the server’s settings, and keep a copy apart from the backups."
    yield Step("Set the keys that protect people", not left, how)
    has_factor = Authenticator.objects.filter(
        user_id=request.user.pk, type__in=SECOND_FACTORS
    ).exists()
    how = "A guessed or stolen password alone then opens nothing."
    yield Step("Add a second factor to your login", has_factor, how, reverse("accounts:index"))


def _is_placeholder(name: str) -> bool:
    value = getattr(settings, name)
    return "[" in value or value.endswith(".example")
