"""Retrieval that widens while the model abstains: what each width was worth, and cost, in one run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from promptsweep.metrics.abstention import abstained
from promptsweep.reports import schema
from promptsweep.reports.anatomy.draws import SAME, Reading, read_alone, reading_of
from promptsweep.reports.anatomy.reading import Attempt, attempts, interval_over, merit
from promptsweep.reports.arms import match_arm
from promptsweep.reports.calls import call_query, origin
from promptsweep.reports.store import Store, loads
from promptsweep.stats import Interval
from promptsweep.types import JSON

ANSWER = "answer"
"""Stage of the calls that show passages."""
SHOWN_AT_FIRST = 3
"""Passages that `retrieve` shows first where its arm does not say."""


@dataclass(frozen=True, slots=True)
class Width:
    """What the arm would be if it had never shown more passages than this."""

    passages: int
    score: Interval
    """Of the arm's first metric that judges, 1 is best."""
    usd: float | None
    """US dollars a sample, for all calls up to this width; None where a price is unknown."""
    answered: float
    """Share of the records whose reply is no abstention (0–1)."""


@dataclass(frozen=True, slots=True)
class Widening:
    """The curve of one arm."""

    arm: str
    metric: str
    widths: tuple[Width, ...]
    used: int
    """Records behind it: their replies, read again, give the score that was noted."""

    def as_json(self) -> dict[str, JSON]:
        """As plain data."""
        return asdict(self)


class _Shown(NamedTuple):
    """What one call came to."""

    merit: float
    abstains: bool
    usd: float | None


def widenings(store: Store, run: str, arm: str | None = None) -> list[Widening]:
    """The curve of each arm that widened, or of the one that `arm` names; nothing is sent.

    Raises ConfigError for an unknown run or arm.
    """
    row = store.find_run(run)
    arms = store.arms(row.id)
    chosen = arms if arm is None else [match_arm(arms, arm)]
    return [found for one in chosen if (found := _widening(store, row, one)) is not None]


def _widening(store: Store, run: Any, arm: Any) -> Widening | None:
    given = loads(arm.strategy_params)
    first, widest = given.get("top", SHOWN_AT_FIRST), given.get("widest", 0)
    if arm.strategy != "retrieve" or widest <= first:
        return None
    read = list(attempts(store, run, arm))
    reading = reading_of(arm, read)
    if reading is None:
        return None
    calls = _calls(store, arm, origin(store, run))
    known = [(one, shown) for one in read if (shown := _shown(one, calls[one.id], reading))]
    steps = range(1, 1 + max((len(shown) for _, shown in known), default=0))
    widths = (_width(known, step, min(first * 2 ** (step - 1), widest)) for step in steps)
    return Widening(arm.label, reading.metric.name, tuple(widths), len(known))


def _calls(store: Store, arm: Any, maker: str) -> dict[int, list[Any]]:
    """Record → its calls that show passages, in order."""
    low, high = schema.record_range(arm.id)
    own = schema.calls.c.record.between(low, high) & (schema.calls.c.stage == ANSWER)
    found: dict[int, list[Any]] = defaultdict(list)
    with store.engine.connect() as connection:
        for row in connection.execution_options(yield_per=1_000).execute(call_query(maker).where(own)):
            found[row.record].append(row)
    return found


def _shown(attempt: Attempt, calls: Sequence[Any], reading: Reading) -> list[_Shown]:
    """What each call came to; empty where the replies are gone, or do not give the score that was noted."""
    if attempt.score is None or not calls or any(call.text is None for call in calls):
        return []
    draws = [read_alone(call.text, attempt.sample, reading) for call in calls]
    scores = [draw.score for draw in draws if draw.score is not None]
    if len(scores) < len(draws) or abs(scores[-1] - merit(reading.metric, attempt.score)) > SAME:
        return []
    each = zip(scores, draws, calls, strict=True)
    return [_Shown(score, abstained(draw.answer), call.cost) for score, draw, call in each]


def _width(known: Sequence[tuple[Attempt, list[_Shown]]], step: int, passages: int) -> Width:
    """A record that stopped before this step stays as it was."""
    last = [(one, shown[:step][-1]) for one, shown in known]
    return Width(
        passages=passages,
        score=interval_over((one, end.merit) for one, end in last),
        usd=_mean(sum(prices) if None not in prices else None for prices in _prices(known, step)),
        answered=sum(not end.abstains for _, end in last) / len(last),
    )


def _prices(known: Iterable[tuple[Attempt, list[_Shown]]], step: int) -> Iterable[list[Any]]:
    return ([one.usd for one in shown[:step]] for _, shown in known)


def _mean(values: Iterable[float | None]) -> float | None:
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known) / len(known) if known and len(known) == len(found) else None


__all__ = ["Widening", "Width", "widenings"]
