"""Sender checks, a part of preflight: who we say we are, and what the DNS says of our domain."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from newsletter.emails.preview import Finding
from newsletter.issues import sender_domain


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
    domain, site = from_domain(), urlsplit(settings.SITE_URL).hostname or ""
    if is_live and not _are_related(domain, site):
        yield Finding(
            "sender",
            f"Mails come from {domain}, the site is {site}. Readers may wonder; "
            "use an address of the site if you can.",
            blocks=False,
        )


def check_domain() -> Iterator[Finding]:
    """Yield which records that mail programs look for aren't in the DNS. Asks it."""
    if settings.DEVELOPMENT:
        yield Finding(
            "domain", "A development site doesn’t ask the DNS about its sender.", blocks=False
        )
        return
    questions = {"SPF": sender_domain.has_spf, "DMARC": sender_domain.has_dmarc}
    if settings.DKIM_SELECTOR:
        questions["DKIM"] = sender_domain.has_dkim
    else:
        yield Finding(
            "domain",
            "DKIM can’t be looked up without the name of its key. Set DKIM_SELECTOR; "
            "your mail company knows it.",
            blocks=False,
        )
    domain = from_domain()
    for name, is_there in questions.items():
        try:
            if not is_there(domain):
                yield Finding(
                    "domain",
                    f"{domain} has no {name} record, so mail programs may refuse the letter. "
                    "Add it to the DNS.",
                )
        except sender_domain.NoAnswer:
            message = f"The DNS did not answer about {name} of {domain}. Look again later."
            yield Finding("domain", message, blocks=False)
            return  # the next question would only keep a person waiting as well


def from_domain() -> str:
    """Return the domain that our mails come from."""
    return str(settings.FROM_EMAIL).rpartition("@")[2].lower()


def _are_related(domain: str, site: str) -> bool:
    """Whether one of two domains lies below the other."""
    below_site = f".{domain}".endswith(f".{site.removeprefix('www.')}")
    return below_site or f".{site}".endswith(f".{domain}")
