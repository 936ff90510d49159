"""Work beside ordinary code that goes on meanwhile: one event loop in a thread of its own serves it all."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")

_lock = Lock()
_loops: list[asyncio.AbstractEventLoop] = []


def background(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Starts the work and returns at once; cancelling the future ends it.

    All of it shares a loop, since a limiter serves one loop at a time.
    """
    return asyncio.run_coroutine_threadsafe(work, _loop())


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        if not _loops:
            _loops.append(asyncio.new_event_loop())
            Thread(target=_loops[0].run_forever, name="promptsweep", daemon=True).start()
        return _loops[0]
