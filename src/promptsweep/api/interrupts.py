"""What Ctrl-C means while a run goes on."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Iterator, Sequence

from promptsweep.models.batches import BatchModel
from promptsweep.runners import Stop

SECOND_THOUGHT = 3.0
"""Seconds after Ctrl-C in which another one cancels the batches that are at the vendor."""


@contextlib.contextmanager
def interruptible(stop: Stop, batched: Sequence[BatchModel]) -> Iterator[asyncio.Event]:
    """Ctrl-C once: begin nothing new, finish what is in flight. Twice: stop now. Both are saved.

    Batches are not waited for: who is interrupted once leaves them at the vendor. The second time is told by
    the event, where there are batches.
    """
    again = asyncio.Event()
    if threading.current_thread() is not threading.main_thread():
        yield again
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def interrupt() -> None:
        if stop.asked and batched and not again.is_set():
            again.set()
        elif stop.asked:
            task.cancel()
        stop(KeyboardInterrupt("interrupted"))
        for model in batched:
            model.leave()

    try:
        loop.add_signal_handler(signal.SIGINT, interrupt)
    except NotImplementedError:  # Windows has no signal handlers in its loop: the first Ctrl-C stops now
        yield again
        return
    try:
        yield again
    finally:
        loop.remove_signal_handler(signal.SIGINT)


async def leave_batches(stop: Stop, batched: Sequence[BatchModel], again: asyncio.Event) -> None:
    """After Ctrl-C, gives a moment to press it again; then the batches at the vendor are cancelled."""
    running = sum(model.under_way for model in batched)
    if not running or not isinstance(stop.reason, KeyboardInterrupt):
        return
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(again.wait(), SECOND_THOUGHT)
    if again.is_set():
        ids = [batch for model in batched for batch in await model.cancel()]
        stop.reason = KeyboardInterrupt(f"{_batches(len(ids))} cancelled at the vendor")
    else:
        stop.reason = KeyboardInterrupt(f"{_batches(running)} left at the vendor, for a resumed run")


def _batches(count: int) -> str:
    return f"{count:,} {'batch' if count == 1 else 'batches'}"
