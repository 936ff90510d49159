"""What a score costs: points per dollar and token, the arms worth their cost, scores at equal cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, func, select

from promptsweep.errors import ConfigError
from promptsweep.reports import schema
from promptsweep.reports.arms import within
from promptsweep.reports.compare import paired_json, verdict_of
from promptsweep.reports.lineup import Lineup, lineups, some_lineups
from promptsweep.reports.readings import AT_ONCE, Key
from promptsweep.reports.store import Store
from promptsweep.stats import Paired, holm
from promptsweep.types import JSON, Outcome
from promptsweep.words import say

records = schema.records
Axis: TypeAlias = Literal["usd", "tokens"]
SAME = 1e-9
"""Costs that differ by less than this part are the same."""


@dataclass(frozen=True, slots=True)
class AtCost:
    """An arm against the best of the others that cost no more."""

    rival: str
    """That arm's label; the cheaper one where several score the same."""
    paired: Paired
    """The arm minus its rival."""
    p_adjusted: float
    """Holm's, over all arms of the run that have a rival."""
    verdict: str
    """`better`: the extra cost buys something; `worse`, or `no difference shown`."""


@dataclass(frozen=True, slots=True)
class Efficiency:
    """What an arm scores and costs on the samples that all arms have scores for."""

    arm: str
    score: float
    """Mean."""
    usd: float | None
    """US dollars for an answer, all its calls at their price; None where a price is unknown."""
    tokens: float
    """Prompt and completion tokens for an answer."""
    per_dollar: float | None
    """Score points (right answers, for right-or-wrong scores) for a dollar; None: unknown or free."""
    per_thousand_tokens: float | None
    """Score points for 1,000 tokens."""
    pareto: bool
    """Whether no other arm scores as much for less, or more for as little."""
    at_cost: AtCost | None
    """None for the cheapest."""


@dataclass(frozen=True, slots=True)
class CostTable:
    """The arms over a dataset by cost."""

    dataset: str
    metric: str
    higher_is_better: bool
    n: int
    """Samples that all arms have scores for: what everything here rests on."""
    axis: Axis
    """What costs are compared in."""
    why: str
    """Why tokens, where it is not dollars; else empty."""
    arms: tuple[Efficiency, ...]
    """The cheapest first."""


class _Spent(NamedTuple):
    usd: float | None
    tokens: float


def efficiency(store: Store, run: str, metric: str | None = None) -> list[CostTable]:
    """A table for each dataset with two arms or more. `metric` defaults to the first of single samples.

    Raises ConfigError for an unknown run or metric, and for one that is neither good nor bad or an aggregate;
    NotComparableError where no two arms have scores for the same samples.
    """
    found = some_lineups(store, run, metric)
    for one in found:
        if one.metric.higher_is_better is None:
            raise ConfigError(f"{one.metric.name} is neither good nor bad: no cost buys it")
    return _tables(store, found)


def worth(store: Store, run: str) -> list[CostTable]:
    """As `efficiency`, of the datasets whose first metric is good or bad; empty where no two arms compare."""
    return _tables(store, [one for one in lineups(store, run) if one.metric.higher_is_better is not None])


def efficiency_json(tables: Iterable[CostTable]) -> list[dict[str, JSON]]:
    """The documented form in `compare --cost --json`: a row for each arm."""
    return [
        {"dataset": table.dataset, "metric": table.metric, "n": table.n, "axis": table.axis} | _arm_json(arm)
        for table in tables
        for arm in table.arms
    ]


def _arm_json(arm: Efficiency) -> dict[str, JSON]:
    row = {name: value for name, value in asdict(arm).items() if name != "at_cost"}
    names = ("difference", "low", "high", "p", "p_adjusted")
    if arm.at_cost is None:
        return row | dict.fromkeys(("rival", *names, "verdict"))
    found = paired_json(arm.at_cost.paired, arm.at_cost.p_adjusted)
    return (
        row
        | {"rival": arm.at_cost.rival}
        | {name: found[name] for name in names}
        | {"verdict": arm.at_cost.verdict}
    )


def _tables(store: Store, found: Sequence[Lineup]) -> list[CostTable]:
    with store.engine.connect() as connection:
        return _adjusted([_table(connection, one) for one in found])


def _table(connection: Connection, lineup: Lineup) -> CostTable:
    spent = [_spent(connection, arm, lineup.keys) for arm in lineup.arms]
    axis, why = _axis(spent, [arm.model for arm in lineup.arms])
    costs = [one.tokens if axis == "tokens" else one.usd or 0.0 for one in spent]
    sign = 1 if lineup.metric.higher_is_better else -1
    merits = [sign * mean for mean in lineup.means()]
    order = sorted(range(len(costs)), key=lambda place: (costs[place], -merits[place]))
    best = pareto_set(costs, merits)
    return CostTable(
        dataset=lineup.dataset,
        metric=lineup.metric.name,
        higher_is_better=sign > 0,
        n=len(lineup.keys),
        axis=axis,
        why=why,
        arms=tuple(
            _efficiency(lineup, place, spent[place], _at_cost(lineup, place, costs, merits), best[place])
            for place in order
        ),
    )


def _spent(connection: Connection, arm: Any, keys: Sequence[Key]) -> _Spent:
    """Means over the samples `keys`; repeats are averaged within a sample first."""
    tokens = records.c.prompt_tokens + records.c.completion_tokens
    unpriced = func.count().filter(records.c.cost.is_(None))
    query = (
        select(records.c.sample_id, records.c.sample, func.avg(records.c.cost), unpriced, func.avg(tokens))
        .where(within(records.c.id, [arm]), records.c.outcome != Outcome.ERROR.value)
        .group_by(records.c.sample_id, records.c.sample)
    )
    wanted = set(keys)
    rows = connection.execute(query.execution_options(yield_per=AT_ONCE))
    costs, unknown, used = zip(*(row[2:] for row in rows if row[:2] in wanted), strict=True)
    usd = None if any(unknown) else sum(map(float, costs)) / len(costs)
    return _Spent(usd, sum(map(float, used)) / len(used))


def _axis(spent: Sequence[_Spent], models: Sequence[str]) -> tuple[Axis, str]:
    several = len(set(models)) > 1
    unlike = say(", though a token of one model is not worth a token of another") if several else ""
    if any(one.usd is None for one in spent):
        return "tokens", say("a price is unknown, so cost is counted in tokens") + unlike
    if not any(one.usd for one in spent):
        return "tokens", say("every call is free, so cost is counted in tokens") + unlike
    return "usd", ""


def _efficiency(
    lineup: Lineup, place: int, spent: _Spent, at_cost: AtCost | None, pareto: bool
) -> Efficiency:
    score = lineup.means()[place]
    gains = lineup.metric.higher_is_better
    return Efficiency(
        arm=lineup.arms[place].label,
        score=score,
        usd=spent.usd,
        tokens=spent.tokens,
        per_dollar=score / spent.usd if gains and spent.usd else None,
        per_thousand_tokens=1000 * score / spent.tokens if gains and spent.tokens else None,
        pareto=pareto,
        at_cost=at_cost,
    )


def pareto_set(costs: Sequence[float], merits: Sequence[float]) -> list[bool]:
    """Which of them nothing beats: no other has as much merit for less cost, or more for as little."""
    places = range(len(costs))
    return [not any(_dominates(other, place, costs, merits) for other in places) for place in places]


def _dominates(one: int, other: int, costs: Sequence[float], merits: Sequence[float]) -> bool:
    no_worse = _no_dearer(costs[one], costs[other]) and merits[one] >= merits[other]
    return no_worse and (not _no_dearer(costs[other], costs[one]) or merits[one] > merits[other])


def _no_dearer(one: float, other: float) -> bool:
    return one <= other * (1 + SAME)


def _at_cost(lineup: Lineup, place: int, costs: Sequence[float], merits: Sequence[float]) -> AtCost | None:
    """Not yet adjusted for the other arms."""
    cheaper = [one for one in range(len(costs)) if one != place and _no_dearer(costs[one], costs[place])]
    if not cheaper:
        return None
    rival = max(cheaper, key=lambda one: (merits[one], -costs[one]))
    found = lineup.paired(rival, place)
    return AtCost(lineup.arms[rival].label, found, found.p, "")


def _adjusted(tables: Sequence[CostTable]) -> list[CostTable]:
    """With p-values adjusted over all arms of all tables, and the verdicts that follow."""
    rivals = {arm.arm: arm.at_cost for table in tables for arm in table.arms if arm.at_cost is not None}
    adjusted = dict(zip(rivals, holm([one.paired.p for one in rivals.values()]), strict=True))
    return [
        replace(table, arms=tuple(_judged(arm, adjusted, table.higher_is_better) for arm in table.arms))
        for table in tables
    ]


def _judged(arm: Efficiency, adjusted: Mapping[str, float], higher_is_better: bool) -> Efficiency:
    if arm.at_cost is None:
        return arm
    p = adjusted[arm.arm]
    verdict = verdict_of(arm.at_cost.paired, p, higher_is_better)
    return replace(arm, at_cost=replace(arm.at_cost, p_adjusted=p, verdict=verdict))
