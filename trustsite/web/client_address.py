"""What stands for a sender's network, for counting alone: it is hashed where it is used and never kept as it is."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client(request: HttpRequest) -> str:
    """Return what stands for the sender's network: its address as our own proxy saw it, for IPv6 the /64."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:  # behind our proxy, which puts what it saw last
        address = request.META.get("HTTP_X_FORWARDED_FOR", address).rpartition(",")[2].strip()
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return (
        str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else str(known)
    )
