"""Two arms that somebody chose: which there are to choose from, and on how many samples they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, select

from promptsweep.errors import NotComparableError
from promptsweep.reports import schema
from promptsweep.reports.arms import StoredMetric, match_arm, per_sample, within
from promptsweep.reports.opponents import Opponents
from promptsweep.reports.pairing import select_pairs, shared_metric
from promptsweep.reports.slices import COMPUTED, slicings_of
from promptsweep.reports.store import Store, loads
from promptsweep.types import Outcome

records, samples = schema.records, schema.samples
LOOKED_AT = 100
"""Samples of an arm whose fields are looked at."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """An arm by its names; no record is read for it."""

    arm: str
    """The arm's label, unique in its run."""
    dataset: str
    metrics: tuple[StoredMetric, ...]
    """Those that give every answer a score of its own."""


class Side(NamedTuple):
    """An arm of a run."""

    run: str
    arm: str
    """Its label."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many samples two arms score alike; of those that both have scores for."""

    samples: int
    a_higher: int
    b_higher: int
    both_right: int | None
    """None where a score is neither 0 nor 1, so that no answer is just right or wrong."""

    @property
    def equal(self) -> int:
        """Samples with the same score in both."""
        return self.samples - self.a_higher - self.b_higher

    @property
    def both_wrong(self) -> int | None:
        """None like `both_right`."""
        return None if self.both_right is None else self.equal - self.both_right


def contestants(store: Store, run: str) -> list[Contestant]:
    """The arms of a run, in the sweep's order."""
    return [Contestant(arm.label, arm.dataset, tuple(per_sample(arm))) for arm in store.arms(run)]


def chosen(store: Store, a: Side, b: Side) -> Opponents:
    """The two arms as stored: what `compare_opponents` and its like compare. ConfigError for an unknown."""
    return [(match_arm(store.arms(a.run), a.arm), match_arm(store.arms(b.run), b.arm))]


def agreement(store: Store, opponents: Opponents, metric: str) -> Agreement:
    """Counted by the database. Raises NotComparableError where the arms do not share the metric."""
    [(a, b)] = opponents
    shared = shared_metric(a, b, metric)
    if shared is None:
        raise NotComparableError(f"{a.label} and {b.label} were not both scored with {metric}")
    pairs = select_pairs(a, b, shared).order_by(None).subquery()
    one, other = pairs.c.score_a, pairs.c.score_b
    query = select(
        func.count(),
        _number(one > other),
        _number(one < other),
        _number((one == 1) & (other == 1)),
        _number(one.not_in((0, 1)) | other.not_in((0, 1))),
    ).select_from(pairs)
    with store.engine.connect() as connection:
        count, a_higher, b_higher, both, between = connection.execute(query).one()
    return Agreement(count, a_higher, b_higher, None if between else both)


def shared_sample(store: Store, opponents: Opponents) -> str | None:
    """The id of a sample that both arms answered; None where there is none."""
    [(a, b)] = opponents
    answered = records.c.outcome != Outcome.ERROR.value
    theirs = select(records.c.sample_id).where(within(records.c.id, [b]), answered)
    query = select(records.c.sample_id).where(within(records.c.id, [a]), answered)
    query = query.where(records.c.sample_id.in_(theirs)).order_by(records.c.id).limit(1)
    with store.engine.connect() as connection:
        return connection.scalar(query)


def slicings(store: Store, opponents: Opponents) -> list[str]:
    """What the arms' samples can be sliced by: label, length and the like, then the fields of the first."""
    with store.engine.connect() as connection:
        fields = {field for arm in opponents[0] for field in _fields(connection, arm)}
    found = slicings_of(fields)
    return [*(name for name in COMPUTED if name in found), *sorted(found - {*COMPUTED})]


def _fields(connection: Connection, arm: Any) -> Sequence[str]:
    found = select(records.c.sample).where(within(records.c.id, [arm])).limit(LOOKED_AT).subquery()
    query = select(samples.c.fields).where(samples.c.digest.in_(select(found.c.sample))).distinct()
    return [field for fields in connection.scalars(query) for field in loads(fields)]


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
