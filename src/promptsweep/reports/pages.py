"""Records of a run, a page at a time: `matching` decides which and in which order, failures first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from promptsweep.reports import schema
from promptsweep.reports.arms import stored_metrics
from promptsweep.reports.matching import Filter, count, matching
from promptsweep.reports.store import Store, loads
from promptsweep.types import Outcome

records, samples, scores = schema.records, schema.samples, schema.scores


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record in a table of records."""

    id: int
    arm: str
    """The arm's label."""
    sample_id: str
    repeat: int
    input: str
    targets: tuple[str, ...]
    answer: str | None
    """None where no answer could be read from the reply, or there is none."""
    outcome: Outcome
    scores: Mapping[str, float]
    """Metric → value; empty after an error."""
    seconds: float
    """Wall time, queueing included; near 0 where the replies came from the store."""
    cost: float | None
    """US dollars; None where a price is unknown."""
    tokens: int
    """Prompt and completion together."""
    error: str | None


@dataclass(frozen=True, slots=True)
class RecordName:
    """What names a record within its run."""

    arm: str
    """The arm's label."""
    sample_id: str
    repeat: int


def page(
    store: Store, run: str, *, offset: int = 0, limit: int = 50, **wanted: Any
) -> tuple[list[RecordRow], int]:
    """A page of a run's records, and how many there are in all that fit; `wanted` is as for `Filter`.

    Order: errors, other failures, wrong answers with the worst first, the rest, unless `order` is another.
    Raises ConfigError for an unknown run, arm, outcome or metric.
    """
    chosen = Filter(**wanted)
    numbers = matching(store, run, chosen, offset + limit)[offset:]
    return rows(store, run, numbers), count(store, run, chosen)


def rows(store: Store, run: str, numbers: Sequence[int], most: int | None = None) -> list[RecordRow]:
    """The records with these numbers, in this order; at most `most` characters of each text.

    A record that was removed since is left out.
    """
    arms = store.arms(store.find_run(run).id)
    with store.engine.connect() as connection:
        found = connection.execute(_rows(most).where(records.c.id.in_(numbers))).all()
        values = connection.execute(select(scores).where(scores.c.record.in_(numbers))).all()
    by_number = {row.id: row for row in found}
    return _record_rows([by_number[number] for number in numbers if number in by_number], values, arms)


def names(store: Store, run: str, numbers: Sequence[int]) -> list[RecordName]:
    """Which records these numbers mean, in this order; one that was removed since is left out."""
    labels = {arm.id: arm.label for arm in store.arms(store.find_run(run).id)}
    query = select(records.c.id, records.c.sample_id).where(records.c.id.in_(numbers))
    with store.engine.connect() as connection:
        samples_of = {row.id: row.sample_id for row in connection.execute(query)}
    found = [(number, *schema.unpacked(number)) for number in numbers if number in samples_of]
    return [RecordName(labels[arm], samples_of[number], repeat) for number, arm, repeat, _ in found]


def _rows(most: int | None) -> Select[Any]:
    def cut(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return column if most is None else func.substr(column, 1, most).label(column.key)

    texts = [cut(column) for column in (samples.c.input, records.c.answer, records.c.error)]
    others = [records.c[name] for name in ("id", "sample_id", "outcome", "seconds", "cost")]
    tokens = (records.c.prompt_tokens + records.c.completion_tokens).label("tokens")
    joined = records.join(samples, samples.c.digest == records.c.sample)
    return select(*others, *texts, tokens, samples.c.targets).select_from(joined)


def _record_rows(rows: Sequence[Any], values: Sequence[Any], arms: Sequence[Any]) -> list[RecordRow]:
    labels = {arm.id: arm.label for arm in arms}
    names = {(arm.id, one.place): one.name for arm in arms for one in stored_metrics(arm)}
    by_record: dict[int, dict[str, float]] = {row.id: {} for row in rows}
    for score in sorted(values, key=lambda score: score.metric):
        by_record[score.record][names[schema.unpacked(score.record)[0], score.metric]] = score.value
    return [_record_row(row, labels[schema.unpacked(row.id)[0]], by_record[row.id]) for row in rows]


def _record_row(row: Any, label: str, values: Mapping[str, float]) -> RecordRow:
    return RecordRow(
        id=row.id,
        arm=label,
        sample_id=row.sample_id,
        repeat=schema.unpacked(row.id)[1],
        input=row.input,
        targets=tuple(loads(row.targets)),
        answer=row.answer,
        outcome=Outcome(row.outcome),
        scores=values,
        seconds=row.seconds,
        cost=row.cost,
        tokens=row.tokens,
        error=row.error,
    )
