"""The setup checklist: what is still to do before readers come, on the dashboard of owners until
all of it is done.

Only what can be looked up is asked. Each app provides its own steps
(settings.SETUP_STEP_PROVIDERS).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string

OWNER_PERMISSION = "auth.change_user"
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
PLACEHOLDERS = ("PUBLISHER", "POSTAL_ADDRESS", "CONTACT_EMAIL", "FROM_EMAIL")


@dataclass(frozen=True)
class SetupStep:
    """One step: what, whether it is done, how, and where.

    `button_label` is that of a button that does it.
    """

    title: str
    is_done: bool
    help_text: str
    url: str = ""
    button_label: str = ""


Provider = Callable[[HttpRequest], Iterable[SetupStep]]


def setup_steps(request: HttpRequest) -> list[SetupStep]:
    """Return all steps, for who owns the site, as long as one is left; else none."""
    if not request.user.has_perm(OWNER_PERMISSION):
        return []
    steps: list[SetupStep] = []
    for path in settings.SETUP_STEP_PROVIDERS:
        provider: Provider = import_string(path)
        steps += provider(request)
    return [] if all(step.is_done for step in steps) else steps


def site_steps(request: HttpRequest) -> Iterator[SetupStep]:
    """Yield the steps that belong to no app: names, keys, the owner's own login."""
    missing = [name for name in PLACEHOLDERS if _is_placeholder(name)]
    help_text = (
        f"Set {', '.join(missing)} in the server’s settings: pages and mails show placeholders."
    )
    yield SetupStep("Say who publishes this, and where", not missing, help_text)
    missing = settings.GENERATED_SECRETS
    help_text = f"Set {' and '.join(missing)} in the server’s settings, and keep a copy apart from the backups."
    yield SetupStep("Set the keys that protect people", not missing, help_text)
    factors = Authenticator.objects.filter(user_id=request.user.pk, type__in=SECOND_FACTORS)
    help_text = "A guessed or stolen password alone then opens nothing."
    url = reverse("accounts:index")
    yield SetupStep("Add a second factor to your login", factors.exists(), help_text, url)


def _is_placeholder(name: str) -> bool:
    value = getattr(settings, name)
    return "[" in value or value.endswith(".example")
