"""What judges took for the answers of a pilot, and what they take for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from promptsweep.reports import schema
from promptsweep.reports.calls import by_judges, version_of
from promptsweep.reports.store import Store
from promptsweep.runners import PlannedArm
from promptsweep.stats import Interval
from promptsweep.stats.totals import total_interval
from promptsweep.types import Outcome

records, calls = schema.records, schema.calls
responses, preambles = schema.responses, schema.preambles


@dataclass(frozen=True, slots=True)
class JudgeForecast:
    """What a judge takes for all answers of an arm, by what it took in the pilot; with 95 % intervals."""

    model: str
    """As the sweep names it."""
    calls: Interval
    tokens: Interval
    usd: Interval | None
    """US dollars; None where the price is unknown."""
    busy: Interval
    """Seconds of all its calls one after the other."""


class _Took(NamedTuple):
    """What a judge took for one answer: its calls, those to stored replies as when they were made."""

    calls: int = 0
    tokens: int = 0
    usd: float | None = 0.0
    busy: float = 0.0


def judge_forecasts(
    store: Store, run: str, arm: Any, planned: PlannedArm, repeats: int
) -> tuple[JudgeForecast, ...]:
    """What each judge of an arm takes in all, by the pilot `run`, where `arm` is the arm's row.

    It rests on answers whose judges all replied: of another, nobody knows what it takes.
    """
    found = _observed(store, run, arm)
    more = planned.selection.count * repeats - len(found)
    models = dict(pair for panel in planned.panels for pair in panel.models)
    asked = {name: model.request((), {}, 0) for name, model in models.items()}
    return tuple(
        _forecast(name, [one.get((request.model, request.base_url), _Took()) for one in found], more)
        for name, request in asked.items()
    )


def _forecast(model: str, took: Sequence[_Took], more: int) -> JudgeForecast:
    costs = [one.usd for one in took if one.usd is not None]
    return JudgeForecast(
        model=model,
        calls=total_interval([one.calls for one in took], more),
        tokens=total_interval([one.tokens for one in took], more),
        usd=total_interval(costs, more) if len(costs) == len(took) else None,
        busy=total_interval([one.busy for one in took], more),
    )


def _observed(store: Store, run: str, arm: Any) -> list[dict[tuple[str, str], _Took]]:
    """Of each answer that was judged without an error: what a judge, by name and place of its model, took."""
    bounds = schema.record_range(arm.id)
    good = (records.c.outcome != Outcome.ERROR.value) & records.c.error.is_(None)
    query = select(records.c.id).where(records.c.id.between(*bounds), good)
    with store.engine.connect() as connection:
        found: dict[int, dict[tuple[str, str], _Took]] = {one: {} for one in connection.scalars(query)}
        for row in connection.execute(_taken(run).where(calls.c.record.between(*bounds))):
            if row.record in found:
                usd = None if row.unpriced else row.usd
                found[row.record][row.model, row.base_url] = _Took(row.calls, row.tokens, usd, row.busy)
    return list(found.values())


def _taken(run: str) -> Select[Any]:
    used = (responses.c.key == calls.c.key) & (responses.c.version == version_of(run))
    tokens = [
        func.coalesce(column, 0) for column in (responses.c.prompt_tokens, responses.c.completion_tokens)
    ]
    query = select(
        calls.c.record,
        preambles.c.model,
        preambles.c.base_url,
        func.count().label("calls"),
        func.sum(tokens[0] + tokens[1]).label("tokens"),
        func.sum(responses.c.cost).label("usd"),
        func.count().filter(responses.c.cost.is_(None)).label("unpriced"),
        func.sum(responses.c.seconds).label("busy"),
    )
    joined = calls.join(responses, used).join(preambles, preambles.c.id == responses.c.preamble)
    return (
        query.select_from(joined)
        .where(by_judges())
        .group_by(calls.c.record, preambles.c.model, preambles.c.base_url)
    )
