"""One record's calls on a clock: as they ran, and as they would have if nothing had queued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptsweep.reports.calls import TraceCall


@dataclass(frozen=True, slots=True)
class Bar:
    """One call on the clock."""

    place: int
    """Its place in the record's list of calls, from 0."""
    stage: str
    started: float
    """Seconds since the record began."""
    ended: float


def as_it_ran(calls: Sequence[TraceCall]) -> list[Bar]:
    """The calls when they were asked for and answered, queueing included, in the order of asking.

    Near 0 seconds where the replies came from the store.
    """
    bars = [Bar(place, call.stage, call.started, call.ended) for place, call in enumerate(calls)]
    return sorted(bars, key=lambda bar: (bar.started, bar.place))


def without_queueing(calls: Sequence[TraceCall]) -> list[Bar]:
    """The calls if each had begun when the last reply before it was there: the end is the critical path.

    Each lasts as long as the model took for its reply, also where that came from the store. Calls whose
    reply the store does not hold are left out.
    """
    ended: dict[int, float] = {}
    bars = []
    for ran in as_it_ran(calls):
        reply = calls[ran.place].completion
        if reply is None:
            continue
        before = (ended[place] for place in ended if calls[place].ended <= ran.started)
        began = max(before, default=0.0)
        ended[ran.place] = began + reply.seconds
        bars.append(Bar(ran.place, ran.stage, began, ended[ran.place]))
    return bars
