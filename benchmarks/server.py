"""An OpenAI-compatible server that costs next to nothing: every request gets the same reply.

`python benchmarks/server.py --latency 0.05` serves on a free port, which it prints, until it is terminated.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import cast

BODY = (
    b'{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"bench","choices":[{"index":0,'
    b'"finish_reason":"stop","message":{"role":"assistant","content":"good"}}],'
    b'"usage":{"prompt_tokens":40,"completion_tokens":1,"total_tokens":41}}'
)
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """Reads requests by their Content-Length, and answers each `latency` seconds after it came."""

    def __init__(self, latency: float):
        self._latency, self._received = latency, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answers what is complete by now."""
        self._received += data
        while (end := self._end()) is not None:
            self._received = self._received[end:]
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._transport.write, REPLY)
            else:
                self._transport.write(REPLY)

    def _end(self) -> int | None:
        """Where the first request ends; None while a part of it is missing."""
        head = self._received.find(b"\r\n\r\n")
        length = _LENGTH.search(self._received, 0, head) if head >= 0 else None
        end = head + 4 + int(length[1]) if length else -1
        return end if 0 <= end <= len(self._received) else None


@contextmanager
def serving(latency: float = 0.0, core: int | None = None) -> Iterator[str]:
    """A server in a process of its own, on one core where that is given; yields its base URL."""
    command = [sys.executable, str(Path(__file__)), "--latency", str(latency)]
    command += [] if core is None else ["--core", str(core)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.terminate()


async def serve(latency: float) -> None:
    """Serves for ever."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Connection, latency), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """The process that `serving` starts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each reply")
    parser.add_argument("--core", type=int, help="the processor core to stay on")
    given = parser.parse_args()
    if given.core is not None:
        os.sched_setaffinity(0, {given.core})
    asyncio.run(serve(given.latency))


if __name__ == "__main__":
    main()
