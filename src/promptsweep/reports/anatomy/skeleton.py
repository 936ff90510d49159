"""Skeleton of thought: what asking at the same time saves, and what it costs (Ning et al. 2023)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, literal, select

from promptsweep.reports import schema
from promptsweep.reports.anatomy.reading import own
from promptsweep.reports.arms import match_arm
from promptsweep.reports.calls import origin, version_of
from promptsweep.reports.store import Store, loads
from promptsweep.stats import Interval
from promptsweep.stats.ratios import ratio_interval

records, samples, calls, responses = schema.records, schema.samples, schema.calls, schema.responses
BASELINE = "zero_shot"


@dataclass(frozen=True, slots=True)
class Against:
    """An arm beside the one-call arm over the same samples."""

    arm: str
    """The one-call arm's label."""
    same_settings: bool
    """Whether it also has the same sampling parameters and system message."""
    n: int
    """Samples that both answered: what the ratios rest on."""
    critical: float
    """Mean seconds that a user waits for the one-call answer."""
    speed_up: Interval | None
    """Mean wait of the one-call arm over that of this arm: 2 is twice as fast. None where none was timed."""
    tokens: Interval | None
    """Mean tokens of this arm over those of the one-call arm. None where none were counted."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What an arm's records took, means over all without an error."""

    records: int
    wall: float
    """Seconds from the first request to the answer, queueing included; near 0 from the store."""
    critical: float
    """Seconds a user would wait if every parallel call ran at once and nothing queued."""
    one_after_another: float | None
    """Seconds of all calls added up; None where replies were pruned from the store."""
    calls: float
    tokens: float
    against: Against | None
    """None where the run has no one-call arm with this model on this dataset."""


class _Spent(NamedTuple):
    seconds: float
    tokens: float
    cluster: str


def speed(store: Store, run: str, arm: str) -> Speed | None:
    """How fast an arm is; None where no record of it ended without an error.

    Raises ConfigError for an unknown run or arm.
    """
    row = store.find_run(run)
    arms = store.arms(row.id)
    found = match_arm(arms, arm)
    with store.engine.connect() as connection:
        total = connection.execute(_means().where(own(found))).one()
        if not total.n:
            return None
        return Speed(
            records=total.n,
            wall=float(total.wall),
            critical=float(total.critical),
            one_after_another=_added_up(connection, found, origin(store, row)),
            calls=float(total.calls),
            tokens=float(total.tokens),
            against=_against(connection, found, baseline_of(found, arms)),
        )


def baseline_of(arm: Any, arms: Sequence[Any]) -> Any | None:
    """The one-call arm with the same model and dataset, of several the one with the same settings."""
    same = [
        one
        for one in arms
        if (one.strategy, one.model, one.dataset, one.split) == (BASELINE, arm.model, arm.dataset, arm.split)
    ]
    return min(same, key=lambda one: not _same_settings(one, arm), default=None)


def _same_settings(one: Any, other: Any) -> bool:
    return bool(loads(one.params) == loads(other.params) and one.system == other.system)


def _means() -> Any:
    return select(
        func.count().label("n"),
        func.avg(records.c.seconds).label("wall"),
        func.avg(records.c.critical_seconds).label("critical"),
        func.avg(records.c.requests * 1.0).label("calls"),
        func.avg((records.c.prompt_tokens + records.c.completion_tokens) * 1.0).label("tokens"),
    )


def _added_up(connection: Connection, arm: Any, maker: str) -> float | None:
    """Mean over records of the time the model took for all calls; None where a reply is missing."""
    found = (responses.c.key == calls.c.key) & (responses.c.version == version_of(maker))
    joined = records.join(calls, calls.c.record == records.c.id).outerjoin(responses, found)
    query = select(
        func.sum(responses.c.seconds).label("seconds"),
        func.count(calls.c.record.distinct()).label("records"),
        func.count().label("calls"),
        func.count(responses.c.key).label("known"),
    )
    total = connection.execute(query.select_from(joined).where(own(arm))).one()
    return float(total.seconds) / total.records if total.known and total.known == total.calls else None


def _against(connection: Connection, arm: Any, baseline: Any | None) -> Against | None:
    if baseline is None:
        return None
    ours, theirs = _spent(connection, arm), _spent(connection, baseline)
    shared = sorted(ours.keys() & theirs.keys())
    if not shared:
        return None
    here, there = [ours[key] for key in shared], [theirs[key] for key in shared]
    clusters = [one.cluster for one in here]
    return Against(
        arm=baseline.label,
        same_settings=_same_settings(baseline, arm),
        n=len(shared),
        critical=sum(one.seconds for one in there) / len(shared),
        speed_up=ratio_interval([one.seconds for one in there], [one.seconds for one in here], clusters),
        tokens=ratio_interval([one.tokens for one in here], [one.tokens for one in there], clusters),
    )


def _spent(connection: Connection, arm: Any) -> Mapping[tuple[str, str], _Spent]:
    """Sample (id and content) → its mean wait and tokens over repeats."""
    tokens = (records.c.prompt_tokens + records.c.completion_tokens) * 1.0
    seconds = func.avg(records.c.critical_seconds).label("seconds")
    query = select(records.c.sample_id, records.c.sample, seconds, func.avg(tokens).label("tokens"))
    inner = query.where(own(arm)).group_by(records.c.sample_id, records.c.sample).subquery()
    same = samples.c.digest == inner.c.sample
    fields = literal(None) if arm.cluster is None else samples.c.fields
    rows = connection.execute(select(inner, fields.label("fields")).join(samples, same))
    return {
        (row.sample_id, row.sample): _Spent(float(row.seconds), float(row.tokens), _cluster(row, arm))
        for row in rows
    }


def _cluster(row: Any, arm: Any) -> str:
    return str(row.sample_id if arm.cluster is None else loads(row.fields).get(arm.cluster))
