"""How long answers of an arm take: quantiles of the critical path, which is what a user waits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from promptsweep.reports import schema
from promptsweep.reports.arms import within
from promptsweep.reports.store import Store
from promptsweep.stats import Interval, nearest_rank, quantile_ranks
from promptsweep.types import Outcome

records = schema.records
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles that are read."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Seconds that an arm's answers took, also where their replies came from the store."""

    arm: str
    """The arm's label, unique in its run."""
    n: int
    """Records without an error; at least 1."""
    p05: Interval
    p25: Interval
    p50: Interval
    p75: Interval
    p95: Interval


def waitings(store: Store, run: str) -> list[Waiting]:
    """The arms of a run that have answers, in the sweep's order. Raises ConfigError for an unknown run."""
    arms = store.arms(store.find_run(run).id)
    with store.engine.connect() as connection:
        tried = [waiting(connection, arm) for arm in arms]
    return [one for one in tried if one is not None]


def waiting(connection: Connection, arm: Any) -> Waiting | None:
    """The quantiles of one arm; None where it has no answer.

    The database sorts and hands over no more than the values at the ranks that are needed, so that
    memory stays flat. The same figures as `stats.quantile_interval` of all values.
    """
    own = within(records.c.id, [arm]) & (records.c.outcome != Outcome.ERROR.value)
    n = connection.execute(select(func.count()).where(own)).scalar_one()
    if not n:
        return None
    ranks = {share: (nearest_rank(n, share), *quantile_ranks(n, share)) for share in SHARES}
    seconds = records.c.critical_seconds
    place = func.row_number().over(order_by=seconds).label("place")
    ordered = select(seconds.label("seconds"), place).where(own).subquery()
    wanted = {rank for three in ranks.values() for rank in three if rank is not None}
    query = select(ordered.c.place, ordered.c.seconds).where(ordered.c.place.in_(sorted(wanted)))
    at = {row.place: float(row.seconds) for row in connection.execute(query)}
    return Waiting(arm.label, n, *(_interval(ranks[share], at, n) for share in SHARES))


def _interval(ranks: tuple[int, int | None, int | None], at: Mapping[int, float], n: int) -> Interval:
    """An end that so few values cannot bound is infinite."""
    value, low, high = ranks
    return Interval(at[value], at[low] if low else -math.inf, at[high] if high else math.inf, n)
