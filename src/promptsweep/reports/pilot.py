"""A pilot: a few samples of each arm run for real, and what they say of the whole."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, func, select

from promptsweep.models.batches import BatchModel
from promptsweep.reports import schema
from promptsweep.reports.calls import apart
from promptsweep.reports.pilot_judges import JudgeForecast, judge_forecasts
from promptsweep.reports.store import Store
from promptsweep.runners import Plan, PlannedArm
from promptsweep.runners.estimate import least_seconds
from promptsweep.stats import Interval
from promptsweep.stats.totals import total_interval
from promptsweep.types import Outcome, digest

records, calls, responses = schema.records, schema.calls, schema.responses


@dataclass(frozen=True, slots=True)
class ArmForecast:
    """What an arm takes in all, by what its pilot took; with 95 % intervals."""

    label: str
    model: str
    piloted: int
    """Records without an error, which the forecast rests on."""
    failed: int
    calls: Interval
    tokens: Interval
    usd: Interval | None
    """US dollars; None where the price is unknown."""
    busy: Interval
    """Seconds of all its calls one after the other."""
    judges: tuple[JudgeForecast, ...] = ()
    """What its judges take besides."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run takes, by its pilot. Sums of intervals are wider than 95 % asks for, as arms differ."""

    arms: tuple[ArmForecast, ...]
    judges: tuple[JudgeForecast, ...]
    """What each judge takes for all arms, which the sums include."""
    calls: Interval
    tokens: Interval
    usd: Interval | None
    seconds: Interval | None
    """Wall time at the configured limits: the slowest model's, as all run side by side. None for batches."""


def pilot_plan(plan: Plan, size: int) -> Plan:
    """The plan of the pilot: `size` samples of each arm, one attempt at each.

    They are samples of the whole run, whose replies are stored, so that it need not ask for them again.
    """
    seed = int(plan.sweep.get("seed", 0))
    arms = tuple(_part(one, size, seed) for one in plan.arms)
    return replace(plan, name=f"{plan.name} (pilot)", arms=arms, repeats=1)


def _part(planned: PlannedArm, size: int, seed: int) -> PlannedArm:
    """An arm with some of its samples; they are part of its identity, or it would pass for the whole arm."""
    selection = planned.selection.part(size, seed)
    if selection is planned.selection:
        return planned
    digests = {**planned.arm.digests, "selection": digest([sample.id for sample in selection])}
    return replace(planned, arm=replace(planned.arm, digests=digests), selection=selection)


def forecast(store: Store, run: str, plan: Plan) -> Forecast:
    """What a run of the plan takes in all, by its pilot, the stored `run`."""
    rows = {row.label: row for row in store.arms(run)}
    arms = [_arm_forecast(store, run, rows[one.arm.label], one, plan.repeats) for one in plan.arms]
    judges = [judge for arm in arms for judge in arm.judges]
    names = dict.fromkeys(judge.model for judge in judges)
    every: list[ArmForecast | JudgeForecast] = [*arms, *judges]
    calls, tokens, _ = _amounts(every)
    return Forecast(
        arms=tuple(arms),
        judges=tuple(_of_judge(name, [one for one in judges if one.model == name]) for name in names),
        calls=calls,
        tokens=tokens,
        usd=_dollars(every),
        seconds=None if any(isinstance(one, BatchModel) for one in plan.models) else _slowest(every, plan),
    )


def _of_judge(model: str, some: Sequence[JudgeForecast]) -> JudgeForecast:
    calls, tokens, busy = _amounts(some)
    return JudgeForecast(model, calls, tokens, _dollars(some), busy)


def _amounts(some: Sequence[ArmForecast | JudgeForecast]) -> list[Interval]:
    """Calls, tokens and busy seconds of all."""
    return [_sum(part) for part in zip(*((one.calls, one.tokens, one.busy) for one in some), strict=True)]


def _dollars(some: Sequence[ArmForecast | JudgeForecast]) -> Interval | None:
    priced = [one.usd for one in some if one.usd is not None]
    return _sum(priced) if len(priced) == len(some) else None


def _arm_forecast(store: Store, run: str, row: Any, planned: PlannedArm, repeats: int) -> ArmForecast:
    """Further attempts at a sample count as further samples."""
    good, failed = _observed(store, row)
    more = planned.selection.count * repeats - len(good)
    costs = [one.cost for one in good if one.cost is not None]
    return ArmForecast(
        label=planned.arm.label,
        model=planned.arm.model,
        piloted=len(good),
        failed=failed,
        calls=total_interval([one.requests for one in good], more),
        tokens=total_interval([one.prompt_tokens + one.completion_tokens for one in good], more),
        usd=total_interval(costs, more) if len(costs) == len(good) else None,
        busy=total_interval([one.busy for one in good], more),
        judges=judge_forecasts(store, run, row, planned, repeats),
    )


def _observed(store: Store, arm: Any) -> tuple[list[Any], int]:
    """The arm's records without an error, each with the service time of its calls; and how many have one."""
    bounds = schema.record_range(arm.id)
    busy = _busy(bounds)
    query = select(
        records.c.outcome,
        records.c.requests,
        records.c.prompt_tokens,
        records.c.completion_tokens,
        records.c.cost,
        func.coalesce(busy.c.seconds, 0.0).label("busy"),
    )
    joined = records.outerjoin(busy, busy.c.record == records.c.id)
    with store.engine.connect() as connection:
        found = connection.execute(query.select_from(joined).where(records.c.id.between(*bounds))).all()
    good = [one for one in found if one.outcome != Outcome.ERROR.value]
    return good, len(found) - len(good)


def _busy(bounds: tuple[int, int]) -> Any:
    """Record → seconds that its calls took, those to stored replies as long as when they were made."""
    took: ColumnElement[float] = (
        select(func.max(responses.c.seconds)).where(responses.c.key == calls.c.key).scalar_subquery()
    )
    own = calls.c.record.between(*bounds) & ~apart()
    query = select(calls.c.record, func.sum(took).label("seconds")).where(own)
    return query.group_by(calls.c.record).subquery()


def _sum(intervals: Iterable[Interval]) -> Interval:
    found = list(intervals)
    return Interval(
        sum(one.value for one in found),
        sum(one.low for one in found),
        sum(one.high for one in found),
        min(one.n for one in found),
    )


def _slowest(every: Sequence[ArmForecast | JudgeForecast], plan: Plan) -> Interval:
    named, times = plan.named_models, []
    for model in (*plan.models, *plan.judges):
        own = [one for one in every if named[one.model] is model]
        calls, tokens, busy = _amounts(own)
        allowed = model.limiter.limits
        value, low, high = (
            least_seconds(getattr(calls, end), getattr(tokens, end), getattr(busy, end), allowed)
            for end in ("value", "low", "high")
        )
        times.append(Interval(value, low, high, busy.n))
    ends = ([getattr(one, end) for one in times] for end in ("value", "low", "high"))
    value, low, high = (math.nan if any(map(math.isnan, end)) else max(end) for end in ends)
    return Interval(value, low, high, min(one.n for one in times))
