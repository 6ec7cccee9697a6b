"""The floor: an RSGI application that answers the same few bytes."""

from typing import Any


async def application(scope: Any, protocol: Any) -> None:
    protocol.response_bytes(200, [("Content-Type", "text/plain")], b"ok\n")
