"""Sender domain: whether it tells the world who may send for it (SPF, DKIM, DMARC), by the DNS.

What the DNS doesn't answer is not known, and so no fault: only a plain "there is none" is.
"""

import dns.exception
import dns.resolver
from django.conf import settings
from django.core.cache import cache

TIMEOUT = 2.0  # seconds for one question
CACHE_SECONDS = 600


class NoAnswer(Exception):  # noqa: N818  a state of the world, not a mistake
    """The DNS did not answer."""


def txt_records(name: str) -> list[str]:
    """Return the TXT records at `name`; none when it says there are none. Raises NoAnswer."""
    key = f"txt:{name}"
    cached: list[str] | None = cache.get(key)
    if cached is None:
        cached = _query(name)
        cache.set(key, cached, CACHE_SECONDS)
    return cached


def _query(name: str) -> list[str]:
    try:
        answer = dns.resolver.Resolver().resolve(name, "TXT", lifetime=TIMEOUT)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise NoAnswer from error
    return [b"".join(record.strings).decode(errors="replace") for record in answer]


def has_spf(domain: str) -> bool:
    """Whether the domain says which servers send for it."""
    return any(record.lower().startswith("v=spf1") for record in txt_records(domain))


def has_dmarc(domain: str) -> bool:
    """Whether the domain, or one above, says what becomes of mails that falsely claim it."""
    while "." in domain:
        if any(record.startswith("v=DMARC1") for record in txt_records(f"_dmarc.{domain}")):
            return True
        domain = domain.partition(".")[2]
    return False


def has_dkim(domain: str) -> bool:
    """Whether the key that mails are signed with, DKIM_SELECTOR, is published."""
    records = txt_records(f"{settings.DKIM_SELECTOR}._domainkey.{domain}")
    fields = ";".join(records).split(";")
    keys = [field.strip().removeprefix("p=") for field in fields if field.strip()[:2] == "p="]
    return any(keys)
