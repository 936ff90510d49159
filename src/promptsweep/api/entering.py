"""From ordinary code into the asynchronous core."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from promptsweep.api.loop import new_loop

T = TypeVar("T")


def enter(work: Coroutine[Any, Any, T]) -> T:
    """The one place where the asynchronous core is entered; also from within a notebook's running loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run(work)
    outcome: list[T] = []
    failure: list[BaseException] = []

    def in_thread() -> None:
        try:
            outcome.append(_run(work))
        except BaseException as error:  # noqa: BLE001  handed over to the caller's thread
            failure.append(error)

    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def _run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(work)
