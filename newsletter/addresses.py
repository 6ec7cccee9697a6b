"""E-mail addresses: the one way we write them, and the domains that the owner has blocked."""

from django.conf import settings
from email_validator import EmailNotValidError, validate_email

LONGEST_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1
# Beginnings that a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@")


class AddressError(ValueError):
    """This isn't one address that mail could be sent to."""


def normalise(text: str) -> str:
    """Return the one way we write an address: no space around it, its domain lower case and ASCII.

    Refuses what is valid on paper but only ever seen in attacks. Raises AddressError.
    """
    text = text.strip(" \u00a0").removesuffix(".")
    if not text.isprintable() or "%" in text:
        raise AddressError
    try:
        parsed = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise AddressError from error
    if len(parsed.local_part) > LONGEST_LOCAL_PART or parsed.local_part.startswith(FORMULA):
        raise AddressError
    return f"{parsed.local_part}@{parsed.ascii_domain.lower()}"


def is_blocked(address: str) -> bool:
    """Whether the address is at, or below, a domain that the owner has blocked."""
    domain = f".{address.rpartition('@')[2]}"
    return any(
        domain.endswith(f".{blocked.strip().strip('.').lower()}")
        for blocked in settings.BLOCKED_DOMAINS
        if blocked
    )
