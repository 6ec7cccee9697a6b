"""Sender checks, a part of preflight: who we say we are, and what the DNS says of our domain."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from newsletter.emails.preview import Finding
from newsletter.issues import sender_domain
from newsletter.issues.sender_domain import Verdict


def check_sender() -> Iterator[Finding]:
    """Yield what is wrong with the names and addresses that every mail shows."""
    # A development site has nobody to name, and sends into a folder.
    is_live = not settings.DEVELOPMENT
    for name in ("PUBLISHER", "POSTAL_ADDRESS"):
        value = getattr(settings, name).strip()
        if not value or "[" in value:
            yield Finding(
                "sender",
                f"{name} is a placeholder, and the law asks for the real one. Set it.",
                blocks=is_live,
            )
    domain, site = (
        sender_domain.domain_of(settings.FROM_EMAIL),
        urlsplit(settings.SITE_URL).hostname or "",
    )
    if is_live and not _are_related(domain, site):
        yield Finding(
            "sender",
            f"Mails come from {domain}, the site is {site}. Readers may wonder; "
            "use an address of the site if you can.",
            blocks=False,
        )


def check_domain() -> Iterator[Finding]:
    """Yield what in the DNS keeps mail programs from believing that a mail is ours. Asks it."""
    if settings.DEVELOPMENT:
        yield Finding(
            "domain", "A development site doesn’t ask the DNS about its sender.", blocks=False
        )
        return
    for fact in sender_domain.examine():
        if fact.verdict is not Verdict.GOOD:
            is_fault = fact.verdict is Verdict.FAULT
            yield Finding("domain", f"{fact.words} {fact.mend}", blocks=is_fault)


def _are_related(domain: str, site: str) -> bool:
    """Whether one of two domains lies below the other."""
    below_site = f".{domain}".endswith(f".{site.removeprefix('www.')}")
    return below_site or f".{site}".endswith(f".{domain}")
