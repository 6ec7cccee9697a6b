"""The floor: an RSGI application that answers the same few bytes."""


async def application(scope, protocol):
    protocol.response_bytes(200, [("Content-Type", "text/plain")], b"ok\n")
