"""Whether the domain that mails come from tells the world who may send for it: SPF, DKIM and DMARC, asked of the DNS.

What the DNS doesn't answer is not known, and so no fault: only a plain "there is none" is.
"""

import dns.exception
import dns.resolver
from django.conf import settings
from django.core.cache import cache

PATIENCE = 2.0  # seconds for one question
KEPT_FOR = 600  # seconds


class NoAnswer(Exception):  # noqa: N818  a state of the world, not a mistake
    """The DNS did not answer."""


def records(name: str) -> list[str]:
    """Return the TXT records at `name`; none when it says there are none. Raises NoAnswer."""
    key = f"txt:{name}"
    known: list[str] | None = cache.get(key)
    if known is None:
        known = _ask(name)
        cache.set(key, known, KEPT_FOR)
    return known


def _ask(name: str) -> list[str]:
    try:
        answer = dns.resolver.Resolver().resolve(name, "TXT", lifetime=PATIENCE)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise NoAnswer from error
    return [b"".join(record.strings).decode(errors="replace") for record in answer]


def has_spf(domain: str) -> bool:
    """Whether the domain says which servers send for it."""
    return any(record.lower().startswith("v=spf1") for record in records(domain))


def has_dmarc(domain: str) -> bool:
    """Whether the domain, or one it belongs to, says what becomes of mails that only claim to be from it."""
    labels = domain.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    return any(
        record.startswith("v=DMARC1") for name in above for record in records(f"_dmarc.{name}")
    )


def has_dkim(domain: str) -> bool:
    """Whether the key that mails are signed with, DKIM_SELECTOR, is published."""
    found = records(f"{settings.DKIM_SELECTOR}._domainkey.{domain}")
    return any(
        part.strip().startswith("p=") and part.strip() != "p="
        for text in found
        for part in text.split(";")
    )
