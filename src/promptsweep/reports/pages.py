"""Records of a run, a page at a time: filtered and ordered by the database, failures first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, case, func, literal, or_, select

from promptsweep.errors import ConfigError, unknown
from promptsweep.reports import schema
from promptsweep.reports.arms import match_arm, sample_metrics, stored_metrics, within
from promptsweep.reports.calls import origin, reply_text
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


def page(  # noqa: PLR0913  what a user can filter by
    store: Store,
    run: str,
    *,
    arm: str | None = None,
    outcome: str | None = None,
    metric: str | None = None,
    wrong: bool = False,
    search: str | None = None,
    offset: int = 0,
    limit: int = 50,
) -> tuple[list[RecordRow], int]:
    """A page of a run's records, and how many there are in all that fit.

    Order: errors, other failures, wrong answers with the worst first, the rest. `wrong` keeps errors and
    records on which `metric` (default: each arm's first) is not perfect. `search` is a part of the input,
    the answer, the reply or the sample's id. Raises ConfigError for an unknown run, arm, outcome or metric.
    """
    row = store.find_run(run)
    arms = store.arms(row.id)
    if arm is not None:
        arms = [match_arm(arms, arm)]
    joined, merit = _judged(arms, metric)
    wanted = [within(records.c.id, arms)]
    if outcome is not None:
        wanted.append(records.c.outcome == _outcome(outcome))
    if wrong:
        wanted.append(or_(records.c.outcome == Outcome.ERROR.value, merit < 1))
    if search:
        wanted.append(_holds(search, origin(store, row)))
    found = select(records, samples.c.input, samples.c.targets).select_from(joined).where(*wanted)
    order = found.order_by(_rank(merit), func.coalesce(merit, 1.0), records.c.id)
    with store.engine.connect() as connection:
        total = connection.scalar(select(func.count()).select_from(joined).where(*wanted)) or 0
        rows = connection.execute(order.offset(offset).limit(limit)).all()
        values = connection.execute(select(scores).where(scores.c.record.in_([one.id for one in rows]))).all()
    return _record_rows(rows, values, arms), total


def _judged(arms: Sequence[Any], metric: str | None) -> tuple[FromClause, ColumnElement[float]]:
    """Records with their samples, and how good each is by the metric: 1 is perfect, null is unknown."""
    measured = sample_metrics(arms, metric)
    having = [arm for arm in arms if arm.id in measured]
    by_place: dict[int, list[Any]] = {}
    for arm in having:
        by_place.setdefault(measured[arm.id].place, []).append(arm)
    places = [(within(records.c.id, some), literal(place)) for place, some in by_place.items()]
    place = case(*places, else_=-1) if places else literal(-1)
    joined = records.join(samples, samples.c.digest == records.c.sample).outerjoin(
        scores, (scores.c.record == records.c.id) & (scores.c.metric == place)
    )
    losses = [arm for arm in having if measured[arm.id].higher_is_better is False]
    neutral = [arm for arm in having if measured[arm.id].higher_is_better is None]
    merit = case(
        (within(records.c.id, losses), 1 - scores.c.value),
        (within(records.c.id, neutral), literal(1.0)),
        else_=scores.c.value,
    )
    return joined, merit


def _rank(merit: ColumnElement[float]) -> ColumnElement[int]:
    return case(
        (records.c.outcome == Outcome.ERROR.value, 0),
        (records.c.outcome != Outcome.OK.value, 1),
        (merit < 1, 2),
        else_=3,
    )


def _holds(text: str, maker: str) -> ColumnElement[bool]:
    columns = (records.c.sample_id, samples.c.input, records.c.answer, records.c.reply, reply_text(maker))
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def _outcome(name: str) -> str:
    known = [outcome.value for outcome in Outcome]
    if name not in known:
        raise ConfigError(unknown("outcome", name, known))
    return name


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
        tokens=row.prompt_tokens + row.completion_tokens,
        error=row.error,
    )
