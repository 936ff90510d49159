"""Counts and clocks in few characters; `promptsweep.reports.figures` has the other figures."""

from __future__ import annotations


def compact(count: float) -> str:
    """`950`, `12.3k`, `4.5M`."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.1f}{unit}"
    return f"{count:.0f}"


def clock(seconds: float) -> str:
    """`0:31`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
