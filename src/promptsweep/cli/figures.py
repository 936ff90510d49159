"""Figures as text: intervals, money, tokens, times."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promptsweep.stats import Interval

ABSENT = "–"


def interval(found: Interval | None) -> str:
    """`0.83 [0.68, 0.92]`; one decimal from 10, none from 1,000."""
    if found is None or math.isnan(found.value):
        return ABSENT
    value, low, high = _alike(found.value, found.low, found.high, sign="")
    return f"{value} [{low}, {high}]"


def difference(value: float, low: float, high: float) -> str:
    """`+0.05 [-0.02, +0.12]`."""
    value_text, low_text, high_text = _alike(value, low, high, sign="+")
    return f"{value_text} [{low_text}, {high_text}]"


def _alike(*values: float, sign: str) -> list[str]:
    """The values with the same number of decimals."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0)
    digits = 2 if largest < 10 else 1 if largest < 1_000 else 0
    return [f"{value:{sign},.{digits}f}".replace("inf", "∞") for value in values]


def money(dollars: float | None) -> str:
    """`$1.23`, `$0.0123`, `free`; `?` where a price is unknown."""
    if dollars is None:
        return "?"
    if dollars == 0:
        return "free"
    return f"${dollars:,.2f}" if dollars >= 1 else f"${dollars:.4f}"


def compact(count: float) -> str:
    """`950`, `12.3k`, `4.5M`."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.1f}{unit}"
    return f"{count:.0f}"


def seconds(found: float | None) -> str:
    """`0.42 s`, `12 s`; a dash where nothing was timed."""
    if found is None:
        return ABSENT
    return f"{found:.2f} s" if found < 10 else f"{found:.0f} s"


def duration(found: float) -> str:
    """`0:31`, `1:02:03`."""
    minutes, rest = divmod(round(found), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
