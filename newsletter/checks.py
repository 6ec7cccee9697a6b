"""What must be in place so that returned mail is heard of: system checks that say it at a start and at a release."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from newsletter.inbound.providers import SERVICES, can_be_made

LONG_ENOUGH = 20  # characters of WEBHOOK_SECRET, which stands for a signature


@register(Tags.security)
def reports_can_come_in(**kwargs: Any) -> list[CheckMessage]:
    """A named service needs its secret, or its reports are refused; without a named one, returned mail goes unheard."""
    name = settings.MAIL_SERVICE
    if not name:
        return _unheard()
    if name not in SERVICES:
        hint = f"Set it to one of {', '.join(SERVICES)}, or to nothing."
        return [
            Error(f"MAIL_SERVICE is {name}, which we don't know.", hint=hint, id="newsletter.E001")
        ]
    if not can_be_made(name):
        hint = "Install boto3 beside the requirements: anymail needs it for Amazon SES."
        return [Error("Reports of amazon_ses can't be read.", hint=hint, id="newsletter.E002")]
    setting = SERVICES[name].secret
    secret = settings.ANYMAIL.get(setting, "")
    if not secret:
        hint = f"Set ANYMAIL_{setting} to what {name} signs or sends its reports with."
        return [
            Error(
                f"Reports of {name} are refused: their secret is missing.",
                hint=hint,
                id="newsletter.E003",
            )
        ]
    if setting == "WEBHOOK_SECRET" and (":" not in secret or len(secret) < LONG_ENOUGH):
        hint = f"It is a name and a password with a colon between them, of at least {LONG_ENOUGH} characters."
        return [Error("ANYMAIL_WEBHOOK_SECRET can be guessed.", hint=hint, id="newsletter.E004")]
    return []


def _unheard() -> list[CheckMessage]:
    if not settings.EMAIL_BACKEND.startswith("anymail."):
        return []
    hint = "Set MAIL_SERVICE to the service's name; docs/operators.md has the rest."
    return [Warning("Mail that comes back goes unheard.", hint=hint, id="newsletter.W001")]
