"""Work that takes longer than drawing a page does: the page looks at it, and leaving the page ends it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from concurrent.futures import wait
from time import monotonic
from typing import Any, TypeVar

from promptsweep.api.background import background

T = TypeVar("T")

LOOK = 0.1
"""Seconds between two looks."""


def waited(work: Coroutine[Any, Any, T], look: Callable[[float], None]) -> T:
    """What the work gives. `look` gets the seconds gone, and draws something, so that one can leave."""
    began, going = monotonic(), background(work)
    try:
        while not wait([going], LOOK).done:
            look(monotonic() - began)
        return going.result()
    finally:
        going.cancel()
