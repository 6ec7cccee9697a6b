"""Keyed hashes that stand for an address where the address itself must not be kept.

The key (SUPPRESSION_KEY) lives outside the database. It never changes: with another key nobody on
the suppression list is recognised.
"""

import hashlib
import hmac

from django.conf import settings


def keyed_hash(text: str) -> str:
    """Return HMAC-SHA256 of `text` under the suppression key, as 64 hexadecimal digits."""
    return hmac.new(settings.SUPPRESSION_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def fingerprint(address: str) -> str:
    """Return the hash that stands for a normalised address; its capitals make no difference."""
    return keyed_hash(address.lower())
