"""System checks: what must be in place so that returned mail is reported to us."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

MIN_SECRET = 20  # characters of WEBHOOK_SECRET, which stands for a signature


@register(Tags.security)
def check_webhook(**kwargs: Any) -> list[CheckMessage]:
    """A named service needs its secret, or its reports are refused; without one, none come."""
    name = settings.MAIL_SERVICE
    if not name:
        return _check_unreported()
    from newsletter.inbound.providers import PROVIDERS  # 20 MB that most processes do without

    if name not in PROVIDERS:
        hint = f"Set it to one of {', '.join(PROVIDERS)}, or to nothing."
        return [
            Error(f"MAIL_SERVICE is {name}, which we don't know.", hint=hint, id="newsletter.E001")
        ]
    setting = PROVIDERS[name].secret
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
    if setting == "WEBHOOK_SECRET" and (":" not in secret or len(secret) < MIN_SECRET):
        hint = (
            "It is a name and a password with a colon between them, "
            f"of at least {MIN_SECRET} characters."
        )
        return [Error("ANYMAIL_WEBHOOK_SECRET can be guessed.", hint=hint, id="newsletter.E004")]
    return []


def _check_unreported() -> list[CheckMessage]:
    if not settings.EMAIL_BACKEND.startswith("anymail."):
        return []
    hint = "Set MAIL_SERVICE to the service's name; docs/operators.md has the rest."
    return [Warning("Mail that comes back goes unheard.", hint=hint, id="newsletter.W001")]
