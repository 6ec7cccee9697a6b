"""The trusted proxy: the one place that decides a request's client address and scheme, and the
network it is counted by.

`TrustedProxy` is the outermost WSGI application. It takes what our own proxies wrote, puts it where
every web server puts it (REMOTE_ADDR, wsgi.url_scheme), and drops every other word on the matter;
the host is the Host header, held to ALLOWED_HOSTS by Django. Nothing inside reads a forwarding
header.

WSGI folds `X_Forwarded_For` and `X-Forwarded-For` into one name, and the web server lets the later
one win: which of them the proxy wrote can't be told in here. nginx and Apache drop names with an
underscore. For proxies that pass them on (Caddy, Traefik), PROXY_ADDRESS_HEADER names a header of a
single word, which has no second spelling.
"""

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

UNKNOWN = "unknown"  # the network of clients that can't be told: one strict count for all of them
LONGEST_HEADER = 1_000  # characters of a forwarding header that are read, from its end
NAT64 = ipaddress.ip_network("64:ff9b::/96")
FORWARDING_HEADERS = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_SERVER",
    "HTTP_X_REAL_IP",
)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Application = Callable[..., Iterable[bytes]]


@dataclass(frozen=True)
class TrustedProxy:
    """The WSGI application around all others: resolves the client behind `proxies` proxies of our
    own, 0 for none.
    """

    application: Application
    proxies: int
    address_header: str = "X-Forwarded-For"

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        # For who must know the machine that asks, and not whom it speaks for.
        environ["trustsite.peer"] = environ.get("REMOTE_ADDR", "")
        environ["trustsite.is_forwarded"] = any(name in environ for name in FORWARDING_HEADERS)
        if self.proxies:
            self._resolve(environ)
        for name in (*FORWARDING_HEADERS, self._address_key):
            environ.pop(name, None)
        return self.application(environ, start_response)

    @property
    def _address_key(self) -> str:
        return "HTTP_" + self.address_header.upper().replace("-", "_")

    def _resolve(self, environ: dict[str, Any]) -> None:
        address = parse_address(nth_from_right(environ.get(self._address_key, ""), self.proxies))
        environ["REMOTE_ADDR"] = str(address) if address else ""
        # A proxy that sets the scheme alone (and doesn't append to it) leaves one value: the last
        # is then the one.
        forwarded = environ.get("HTTP_X_FORWARDED_PROTO", "")
        scheme = nth_from_right(forwarded, self.proxies) or nth_from_right(forwarded, 1)
        environ["wsgi.url_scheme"] = "https" if scheme.lower() == "https" else "http"


def nth_from_right(header: str, number: int) -> str:
    """Return what the outermost of `number` proxies appended to a header; nothing if so many didn't
    write.
    """
    parts = header[-LONGEST_HEADER:].split(",")
    return parts[-number].strip() if len(parts) >= number else ""


def parse_address(text: str) -> Address | None:
    """Return an address as proxies write it: bare, with a port, in brackets; IPv4 that is mapped
    into IPv6 as IPv4.
    """
    host = text.strip().strip('"')
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return _unmapped(address)
    return address


def _unmapped(address: ipaddress.IPv6Address) -> Address:
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address


def client_network(request: HttpRequest) -> str:
    """Return what a client is counted by: its IPv4 address, its IPv6 /64 (one household), or
    UNKNOWN.
    """
    address = parse_address(request.META.get("REMOTE_ADDR", ""))
    if address is None:
        return UNKNOWN
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
