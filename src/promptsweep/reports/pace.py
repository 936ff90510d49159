"""How fast a run goes, from what was seen of it in the last seconds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

WINDOW = 15.0
"""Seconds that a rate is taken over."""
LEAST = 0.9
"""Seconds that must lie between two looks before they give a rate."""


class Moment(NamedTuple):
    """What had been done at a time."""

    at: float
    """Seconds since 1970."""
    records: int
    """Errors included."""
    requests: int
    """Sent, failed attempts included."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Rates, and what they promise; None where nobody can tell yet."""

    records: float | None
    """A second."""
    requests: float | None
    """A second."""
    left: float | None
    """Seconds until all that is planned is done, if it goes on like this."""


def pace(moments: Sequence[Moment], planned: int) -> Pace:
    """The pace over the last 15 seconds of `moments` (in order); `planned` counts records."""
    if not moments:
        return Pace(None, None, None)
    last = moments[-1]
    first = next(moment for moment in moments if moment.at >= last.at - WINDOW)
    seconds = last.at - first.at
    if seconds < LEAST:
        return Pace(None, None, None)
    records = max(0, last.records - first.records) / seconds
    requests = max(0, last.requests - first.requests) / seconds
    missing = max(0, planned - last.records)
    return Pace(records, requests, missing / records if records else None)
