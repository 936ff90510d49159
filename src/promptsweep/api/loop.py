"""The event loop of runs: while it has time to spare, it takes replies a few at a time."""

from __future__ import annotations

import asyncio
import os
import selectors
import sys

FEW = 4
"""Events taken in one turn of a loop that waits now and then: fewer cost more CPU, more gain less
(`benchmarks/speed.py`)."""

BACKLOG = 256
"""After so many events without a moment of waiting the loop takes all that there are, for turns cost CPU."""


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop for `asyncio.Runner`; asyncio's own where there is no epoll.

    asyncio reads all replies that are there, then wakes all their tasks, then writes all their next requests.
    Those requests leave together, and so their replies come together: a bunch stays a bunch, each of its
    calls waits for all others, and their connections lie idle. Of a few replies at a time the next requests
    are on their way before more is read.
    """
    if sys.platform != "linux":
        return asyncio.new_event_loop()
    return asyncio.SelectorEventLoop(FewAtATime())


if sys.platform == "linux":
    import select

    class FewAtATime(selectors.EpollSelector):
        """Reports `FEW` events at a time while there are pauses; what is left comes next, in its order."""

        def __init__(self) -> None:
            super().__init__()
            self._poll = select.epoll.fromfd(os.dup(self.fileno()))
            self._since_pause = 0

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            """What is ready within `timeout` seconds (None: for ever), as all selectors report it."""
            found = self._poll.poll(0, FEW if self._since_pause < BACKLOG else -1)
            if not found and (timeout is None or timeout > 0):
                found, self._since_pause = self._poll.poll(timeout, FEW), 0
            self._since_pause += len(found)
            keys = [(self.get_map().get(fd), mask) for fd, mask in found]
            return [(key, _events(mask) & key.events) for key, mask in keys if key]

        def close(self) -> None:
            """Closes both descriptors."""
            self._poll.close()
            super().close()

    def _events(mask: int) -> int:
        """Errors and hang-ups count as both, so that whoever reads or writes meets them."""
        written = selectors.EVENT_WRITE if mask & ~select.EPOLLIN else 0
        return written | (selectors.EVENT_READ if mask & ~select.EPOLLOUT else 0)
