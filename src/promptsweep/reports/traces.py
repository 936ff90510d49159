"""One attempt at one sample, whole: what was asked, sent, replied, read and scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from promptsweep.errors import ConfigError, unknown
from promptsweep.reports import schema
from promptsweep.reports.arms import match_arm, stored_metrics, within
from promptsweep.reports.calls import TraceCall, call_of, call_query, origin, reply_text
from promptsweep.reports.store import Store, loads
from promptsweep.types import JSON, Outcome, Sample, Score

records, samples, scores = schema.records, schema.samples, schema.scores
KNOWN_IDS = 5_000
"""Sample ids among which the nearest to a mistyped one is looked for."""


@dataclass(frozen=True, slots=True)
class Trace:
    """All that is known of one record."""

    run: str
    arm: str
    """The arm's label."""
    sample: Sample
    repeat: int
    repeats: tuple[int, ...]
    """Every repeat of this sample that the arm has."""
    outcome: Outcome
    reply: str | None
    """What the strategy returned; None after an error, and where the text was pruned."""
    answer: str | None
    scores: Mapping[str, Score]
    details: Mapping[str, JSON]
    """What the strategy noted: votes, steps, points."""
    error: str | None
    calls: tuple[TraceCall, ...]
    seconds: float
    """Wall time, queueing included."""
    critical_seconds: float
    """What a user would wait for if every parallel call ran at once and nothing queued."""
    cost: float | None
    """US dollars; None where a price is unknown."""
    tokens: Mapping[str, int]
    """`prompt` and `completion`, over all calls."""
    record: int
    """The record's number."""


def trace(store: Store, run: str, sample_id: str, arm: str | None = None, repeat: int = 0) -> Trace:
    """The trace of a sample in an arm (default: the first that has the sample).

    Raises ConfigError naming the nearest arm or sample id, or the repeats that there are.
    """
    row = store.find_run(run)
    arms = store.arms(row.id)
    if arm is not None:
        arms = [match_arm(arms, arm)]
    maker = origin(store, row)
    with store.engine.connect() as connection:
        attempts = _attempts(connection, arms, sample_id)
        identity = attempts.get(repeat)
        if identity is None:
            known = ", ".join(map(str, attempts))
            raise ConfigError(f"sample {sample_id!r} has no repeat {repeat}. Known: {known}")
        query = select(
            records, samples.c.input, samples.c.targets, samples.c.fields, reply_text(maker).label("text")
        )
        query = query.join(samples, samples.c.digest == records.c.sample).where(records.c.id == identity)
        record = connection.execute(query).one()
        values = connection.execute(
            select(scores).where(scores.c.record == identity).order_by(scores.c.metric)
        ).all()
        calls = connection.execute(call_query(maker).where(schema.calls.c.record == identity)).all()
    of = next(one for one in arms if one.id == schema.unpacked(identity)[0])
    return _trace(row.id, of, tuple(attempts), record, values, calls)


def _attempts(connection: Connection, arms: Sequence[Any], sample_id: str) -> dict[int, int]:
    """Repeat → record number of a sample, in the first of the arms that has it."""
    own = within(records.c.id, arms)
    query = select(records.c.id).where(own, records.c.sample_id == sample_id).order_by(records.c.id)
    found = [(*schema.unpacked(identity), identity) for identity in connection.scalars(query)]
    if not found:
        known = connection.scalars(select(records.c.sample_id).where(own).distinct().limit(KNOWN_IDS)).all()
        raise ConfigError(unknown("sample", sample_id, known))
    return {repeat: identity for arm, repeat, _, identity in found if arm == found[0][0]}


def _trace(
    run: str, arm: Any, repeats: tuple[int, ...], row: Any, values: Sequence[Any], calls: Sequence[Any]
) -> Trace:
    names = {metric.place: metric.name for metric in stored_metrics(arm)}
    return Trace(
        run=run,
        arm=arm.label,
        sample=Sample(row.sample_id, row.input, tuple(loads(row.targets)), loads(row.fields)),
        repeat=schema.unpacked(row.id)[1],
        repeats=repeats,
        outcome=Outcome(row.outcome),
        reply=_reply(row),
        answer=row.answer,
        scores={names[one.metric]: Score(one.value, one.reason or "") for one in values},
        details=loads(row.details) or {},
        error=row.error,
        calls=tuple(call_of(one) for one in calls),
        seconds=row.seconds,
        critical_seconds=row.critical_seconds,
        cost=row.cost,
        tokens={"prompt": row.prompt_tokens, "completion": row.completion_tokens},
        record=row.id,
    )


def _reply(row: Any) -> str | None:
    if row.outcome == Outcome.ERROR:
        return None
    text: str | None = row.text if row.reply is None else row.reply
    return text
