"""Figures as text, and how table columns show them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promptsweep.stats import Interval

ABSENT = "–"


def interval(found: Interval | None) -> str:
    """`0.83 [0.68, 0.92]`; a dash where there is none."""
    return ABSENT if found is None else bounds(found.value, found.low, found.high)


def bounds(value: float, low: float, high: float, *, signed: bool = False) -> str:
    """`0.83 [0.68, 0.92]`, with `signed` `+0.15 [+0.02, +0.28]`; one decimal from 10, none from 1,000."""
    if math.isnan(value):
        return ABSENT
    largest = max((abs(figure) for figure in (value, low, high) if math.isfinite(figure)), default=0.0)
    digits = 2 if largest < 10 else 1 if largest < 1_000 else 0
    form = f"{'+' if signed else ''},.{digits}f"
    return f"{value:{form}} [{low:{form}}, {high:{form}}]"


def money(dollars: float | None) -> str:
    """`$1.23`, `$0.0123`, `free`; `unknown` where a price is."""
    if dollars is None:
        return "unknown"
    if dollars == 0:
        return "free"
    return f"${dollars:,.2f}" if dollars >= 1 else f"${dollars:.4f}"


def seconds(found: float | None) -> str:
    """`3 ms`, `0.42 s`, `12 s`; a dash where nothing was timed."""
    if found is None:
        return ABSENT
    if 0 < found < 0.01:
        return f"{found * 1000:.1f} ms"
    return f"{found:.2f} s" if found < 10 else f"{found:,.0f} s"


def plural(count: int, noun: str) -> str:
    """`1 sample`, `1,200 samples`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
