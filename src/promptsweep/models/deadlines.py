"""Ends calls that take too long."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any

Task = asyncio.Task[Any]


class Deadlines:
    """`with deadlines:` raises TimeoutError in a task that is within for longer than `seconds`.

    One timer serves all tasks of one event loop: a timer for each call, as `asyncio.timeout` and aiohttp set
    it, costs a tenth of what the call itself does. A task can be within once at a time.
    """

    def __init__(self, seconds: float):
        self._seconds = seconds
        self._entered: dict[Task, tuple[float, int]] = {}
        """Task → when it entered, oldest first, and how often its end had been asked for by then."""
        self._late: set[Task] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        """Asked for once: the running loop is found through a system call."""

    def __enter__(self) -> None:
        loop = self._loop = self._loop or asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None
        now = loop.time()
        self._entered[task] = now, task.cancelling()
        if self._timer is None:
            self._timer = loop.call_at(now + self._seconds, self._end_late, loop)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task = asyncio.current_task(self._loop)
        assert task is not None
        _, asked = self._entered.pop(task)
        if task in self._late:
            self._late.remove(task)
            if task.uncancel() <= asked and kind is asyncio.CancelledError:
                raise TimeoutError from error

    def close(self) -> None:
        """Gives up the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _end_late(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ends whose time is up, and sets the timer for the next."""
        self._timer = None
        for task, (entered, _) in self._entered.items():
            if task in self._late:
                continue
            if entered + self._seconds > loop.time():
                self._timer = loop.call_at(entered + self._seconds, self._end_late, loop)
                return
            self._late.add(task)
            task.cancel()
