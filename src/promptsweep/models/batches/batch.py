"""One batch, who waits for it, and the counts that a face shows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from promptsweep.errors import RunFatalError
from promptsweep.models.batches.results import Results
from promptsweep.types import Completion, Request

Future = asyncio.Future[Completion]
Waiting = dict[str, tuple[Request, Future]]
"""By key: the request, and how its call ends."""


@dataclass(slots=True)
class Counts:
    """What a model's batches have done in this process; a face looks."""

    waves: int = 0
    """Times that waiting requests went out."""
    waiting: int = 0
    """Requests that wait for the next wave."""
    submitted: int = 0
    """Requests at the vendor since the start, those that an earlier process sent included."""
    completed: int = 0
    """Those whose reply was handed out."""
    failed: int = 0
    """Those that ended in an error; they may have been sent again."""
    at_vendor: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Batches under way: the vendor's id → how many requests it says are completed, and failed."""


@dataclass(eq=False, slots=True)
class Batch:
    """One batch under way, or one of an earlier process whose replies are still at the vendor."""

    token: str
    keys: tuple[str, ...]
    """In the order of its file's lines."""
    id: str = ""
    waiting: Waiting = field(default_factory=dict)
    handed_out: bool = False
    """An earlier process had the replies: what succeeded is read again, what failed is sent again."""
    watched: bool = False
    """Whether its end is waited for."""
    results: Results | None = None
    """Once it ended."""

    @contextmanager
    def failing(self) -> Iterator[None]:
        """What makes the batch impossible is the error of all who wait for it, and of the run."""
        try:
            yield
        except RunFatalError as error:
            fail(self.waiting, error)
        except Exception as error:  # noqa: BLE001  handed to those who wait
            fail(self.waiting, RunFatalError(f"a batch failed: {type(error).__name__}: {error}"))


def fail(waiting: Waiting, error: Exception) -> None:
    """Ends all calls with an error."""
    for _, future in waiting.values():
        if not future.done():
            future.set_exception(error)
    waiting.clear()
