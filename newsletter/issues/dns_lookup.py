"""DNS lookups with a bound: a few seconds for all questions together, and answers kept for minutes.

What the DNS doesn't answer is not known, and so no fault: only a plain "there is none" is.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.cache import cache

if TYPE_CHECKING:
    from dns.resolver import Resolver

TIMEOUT = 2.0  # seconds for one question
LONGEST = 8.0  # for all that one look asks
CACHE_SECONDS = 600


class NoAnswer(Exception):  # noqa: N818  a state of the world, not a mistake
    """The DNS did not answer."""


class Lookup:
    """Asks the DNS, until its time is over."""

    def __init__(self) -> None:
        self.until = time.monotonic() + LONGEST

    def txt(self, name: str) -> list[str]:
        """Return the TXT records at `name`; none when it says there are none. Raises NoAnswer."""
        return self._ask(name, "TXT", lambda record: b"".join(record.strings).decode("latin-1"))

    def mx(self, name: str) -> list[str]:
        """Return who takes mail for `name`; "." says that nobody does (RFC 7505)."""
        return self._ask(name, "MX", lambda record: str(record.exchange))

    def addresses(self, name: str) -> list[str]:
        """Return the addresses of a host."""
        found = self._ask(name, "A", str)
        return found + self._ask(name, "AAAA", str)

    def names_of(self, address: str) -> list[str]:
        """Return the names that an address has by its owner's word (PTR)."""
        from dns import reversename

        return self._ask(str(reversename.from_address(address)), "PTR", str)

    def _ask(self, name: str, kind: str, read: Callable[[Any], str]) -> list[str]:
        key = f"dns:{kind}:{name.lower()}"
        cached: list[str] | None = cache.get(key)
        if cached is None:
            cached = [read(record) for record in self._query(name, kind)]
            cache.set(key, cached, CACHE_SECONDS)
        return cached

    def _query(self, name: str, kind: str) -> list[Any]:
        import dns.exception  # 2 MB, for the few processes that ask
        import dns.name
        import dns.resolver

        left = self.until - time.monotonic()
        if left <= 0:
            raise NoAnswer
        try:
            return list(resolver().resolve(name, kind, lifetime=min(TIMEOUT, left)))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.name.LabelTooLong):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise NoAnswer from error


def resolver() -> "Resolver":
    """Return what asks: the machine's own name servers."""
    from dns.resolver import Resolver

    return Resolver()
