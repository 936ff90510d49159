"""An event loop whose time passes at once: simulated minutes take milliseconds."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Impatient(selectors.SelectSelector):
    """Moves the loop's time on by what it would have waited."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("everyone waits, and nothing will ever wake them")
        self.now += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` is virtual, and so is every sleep and timer; a deadlock is an error."""

    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)
        self._clock_resolution = (
            1e-6  # coarser than what sums of seconds round away, or a timer may never be due
        )

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._impatient.now

    def advance(self, seconds: float) -> None:
        """Runs the loop for so many of its seconds."""
        self.run_until_complete(asyncio.sleep(seconds))


def now() -> float:
    """The running loop's time: the clock of what is tested."""
    return asyncio.get_running_loop().time()


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """`asyncio.run` in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
