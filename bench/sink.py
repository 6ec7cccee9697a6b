"""A mail server that takes everything, as fast as Python can: `python bench/sink.py FILE` prints its port and runs.

Each mail leaves a line in FILE, "recipient Message-ID", before it is answered. It offers PIPELINING unless told `plain`, and
with `delay=20` every answer takes that many milliseconds, as if it came from far away.
"""

import asyncio
import os
import re
import sys
from typing import Any

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.MULTILINE | re.IGNORECASE)
END = b"\r\n.\r\n"


class Sink(asyncio.Protocol):
    """One connection."""

    record, pipelining, delay = -1, True, 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport, self.buffer, self.recipient, self.in_data = (
            transport,
            bytearray(),
            b"",
            False,
        )
        self.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        answers = []
        while self.in_data or b"\n" in self.buffer:
            if self.in_data:
                # Only what has just come can hold the end; the message before it was searched already.
                end = self.buffer.find(END, max(0, len(self.buffer) - len(data) - len(END)))
                if end < 0:
                    break
                found = MESSAGE_ID.search(self.buffer, 0, end)
                os.write(self.record, b"%s %s\n" % (self.recipient, found[1] if found else b"-"))
                del self.buffer[: end + len(END)]
                self.in_data = False
                answers.append(b"250 taken\r\n")
                continue
            end = self.buffer.index(b"\n")
            line = bytes(self.buffer[:end]).strip()
            del self.buffer[: end + 1]
            answers.append(self.answer(line))
        self.write(b"".join(answers))

    def write(self, answer: bytes) -> None:
        if not self.delay:
            self.transport.write(answer)
        elif answer:
            asyncio.get_running_loop().call_later(self.delay, self.transport.write, answer)

    def answer(self, line: bytes) -> Any:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return (
                b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
                if self.pipelining
                else b"250 sink\r\n"
            )
        if verb == b"RCPT":
            self.recipient = line[line.index(b"<") + 1 : line.rindex(b">")]
        if verb == b"DATA":
            self.in_data = True
            return b"354 go on\r\n"
        if verb == b"QUIT":
            return b"221 bye\r\n"
        return b"250 well\r\n"


async def serve(file: Any, *, pipelining: bool, delay: float) -> None:
    Sink.record, Sink.pipelining = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), pipelining
    Sink.delay = delay
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    delays = [int(option[6:]) / 1000 for option in sys.argv[2:] if option.startswith("delay=")]
    asyncio.run(serve(sys.argv[1], pipelining="plain" not in sys.argv[2:], delay=sum(delays)))
