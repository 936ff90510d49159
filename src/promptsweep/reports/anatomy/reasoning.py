"""Chain of thought: the reasoning apart from the answer, and how long it is where that is right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from promptsweep.answers.contract import FLAGS, LEAD
from promptsweep.metrics import tokens
from promptsweep.reports.anatomy.reading import Attempt, attempts, finished, interval_over, judged_by, merit
from promptsweep.reports.arms import match_arm
from promptsweep.reports.store import Store
from promptsweep.stats import Interval

BINS = 12
"""Ranges of length in a picture, at most."""
_CONTRACT = re.compile(LEAD, FLAGS)


class Parts(NamedTuple):
    """A reply in two."""

    reasoning: str
    """What comes before the last contract line (`Answer: …`); the whole reply where there is none."""
    closing: str
    """That line and what follows; empty without one."""


@dataclass(frozen=True, slots=True)
class Range:
    """How many replies reason this long."""

    low: int
    """Words, in the range."""
    high: int
    """Words, beyond the range."""
    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """Length of the reasoning, in words, of right and of wrong answers."""

    metric: str
    read: int
    records: int
    """Records without an error."""
    right: Interval
    """Mean over samples; its `n` is 0 where no answer is right."""
    wrong: Interval
    ranges: tuple[Range, ...]


def parts(reply: str) -> Parts:
    """The reasoning and the closing line of a reply."""
    last = None
    for last in _CONTRACT.finditer(reply):  # noqa: B007  the last one counts
        pass
    if last is None:
        return Parts(reply.strip(), "")
    return Parts(reply[: last.start()].strip(), reply[last.start() :].strip())


def lengths(store: Store, run: str, arm: str) -> Lengths | None:
    """How long an arm's reasoning is where it is right (a full score of the first metric) and where not.

    None without a metric that judges, or without a stored reply. Raises ConfigError for an unknown run
    or arm.
    """
    row = store.find_run(run)
    found = match_arm(store.arms(row.id), arm)
    metric = judged_by(found)
    if metric is None:
        return None
    read = list(attempts(store, row, found))
    measured = [
        (one, _words(one.reply), merit(metric, one.score) >= 1)
        for one in read
        if one.reply is not None and one.score is not None
    ]
    if not measured:
        return None
    right, wrong = (
        _mean([(one, words) for one, words, is_right in measured if is_right is side])
        for side in (True, False)
    )
    counted = [(words, is_right) for _, words, is_right in measured]
    return Lengths(metric.name, len(read), finished(store, found), right, wrong, tuple(_ranges(counted)))


def _words(reply: str) -> int:
    return len(tokens.words(parts(reply).reasoning))


def _mean(values: Sequence[tuple[Attempt, int]]) -> Interval:
    found = interval_over(((one, float(words)) for one, words in values), None)
    return replace(found, low=max(0.0, found.low))  # a length is never negative


def _ranges(measured: Sequence[tuple[int, bool]]) -> Iterator[Range]:
    """Ranges of equal, round width that hold every length."""
    longest = max(words for words, _ in measured)
    width = _round_width(longest + 1)
    for low in range(0, longest + 1, width):
        own = [is_right for words, is_right in measured if low <= words < low + width]
        yield Range(low, low + width, own.count(True), own.count(False))


def _round_width(span: int) -> int:
    """The least of 1, 2, 5, 10, 20, 50, … of which `BINS` cover the span."""
    scale = 1
    while True:
        for step in (1, 2, 5):
            if BINS * step * scale >= span:
                return step * scale
        scale *= 10
