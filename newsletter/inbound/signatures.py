"""Signatures of webhooks by the open format "Standard Webhooks", which Svix and Resend use as well.

HMAC-SHA256 of `<id>.<time>.<body>`. What was signed more than five minutes ago is refused, so that
nobody can send an old report again.
"""

import base64
import binascii
import hashlib
import hmac
import time

from django.http import HttpRequest

MAX_AGE = 300.0  # seconds, either way
_ENCODED = "whsec_"  # what stands before a secret in base64


def is_signed(request: HttpRequest, secret: str, prefix: str = "webhook") -> bool:
    """Whether a request was signed with the secret, a moment ago."""
    name = request.headers.get(f"{prefix}-id", "")
    at = request.headers.get(f"{prefix}-timestamp", "")
    given = request.headers.get(f"{prefix}-signature", "")
    if not (name and at.isascii() and at.isdigit() and len(at) < 12):
        return False
    if abs(time.time() - int(at)) > MAX_AGE:
        return False
    expected = sign(secret, name, at, request.body)
    signatures = [part.removeprefix("v1,") for part in given.split()[:10]]
    return any(hmac.compare_digest(one.encode(), expected.encode()) for one in signatures)


def sign(secret: str, name: str, at: str, body: bytes) -> str:
    """Return the signature, in base64 as the header has it."""
    message = f"{name}.{at}.".encode() + body
    return base64.b64encode(hmac.digest(_key(secret), message, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    if secret.startswith(_ENCODED):
        try:
            return base64.b64decode(secret.removeprefix(_ENCODED), validate=True)
        except binascii.Error:
            pass
    return secret.encode()
