"""Judging what is stored: the answers that a judge has not scored yet, and its scores written beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select, update

from promptsweep.errors import ConfigError
from promptsweep.metrics import RANGES, Judge
from promptsweep.models import Model
from promptsweep.reports import schema
from promptsweep.reports.arms import StoredMetric, per_sample, within
from promptsweep.reports.calls import by_judges, origin, reply_text
from promptsweep.reports.identities import FORMS, identity_of
from promptsweep.reports.rows import call_row, dumps
from promptsweep.reports.store import Store, loads, metric_entry, writing
from promptsweep.types import JSON, Call, Outcome, Record, Sample

records, samples, scores, calls = schema.records, schema.samples, schema.scores, schema.calls
BATCH = 500
"""Answers in memory at a time; their scores are written together."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as a judge needs it."""

    number: int
    """The record's."""
    unit: str
    """The sample, or the cluster that it belongs to in its dataset: what counts as independent."""
    record: Record
    """Sample, reply, details and error; no scores and calls."""


def judge_metrics(arm: Any) -> list[tuple[StoredMetric, JSON]]:
    """The judges among an arm's metrics, each with what the sweep says of it."""
    specs = loads(arm.metrics)
    return [(one, specs[one.place]["spec"]) for one in per_sample(arm) if one.kind in RANGES]


def enter_judge(store: Store, arms: Sequence[int], spec: Mapping[str, JSON], judges: Sequence[Judge]) -> None:
    """Enters a judge among the metrics of arms (their numbers), one of `judges` each.

    Raises ConfigError where a judge of the same name is another one.
    """
    changed = {}
    query = select(schema.arms.c.id, schema.arms.c.metrics).where(schema.arms.c.id.in_(arms))
    with store.engine.connect() as connection:
        entered = {row.id: row.metrics for row in connection.execute(query)}
    for number, judge in zip(arms, judges, strict=True):
        known = {one["name"]: one for one in loads(entered[number])}
        found = known.get(judge.name)
        if found is not None and found["signature"] not in {"", judge.signature}:
            raise ConfigError(
                f"the run has scores of {judge.name} by another model, rubric or parameters: "
                "give this judge a name of its own (--name)"
            )
        known[judge.name] = metric_entry(spec, judge)
        changed[number] = dumps(list(known.values()))
    with writing(store.engine) as connection:
        for number, metrics in changed.items():
            own = update(schema.arms).where(schema.arms.c.id == number)
            connection.execute(own.values(metrics=metrics))


def note_judges(store: Store, run: Any, models: Mapping[str, Model]) -> None:
    """Notes how the judges' requests are made, so that the run can be recorded with them."""
    versions = loads(run.versions)
    known = {name: identity_of(model) for name, model in models.items()} | versions.get(FORMS, {})
    with writing(store.engine) as connection:
        changed = dumps({**versions, FORMS: known})
        connection.execute(update(schema.runs).where(schema.runs.c.id == run.id).values(versions=changed))


def count_unscored(store: Store, arm: Any, place: int) -> int:
    """How many of an arm's answers have no score of the metric at a place."""
    with store.engine.connect() as connection:
        return int(connection.execute(_unscored(select(func.count()), arm, place)).scalar_one())


def unscored(store: Store, run: Any, arm: Any, place: int) -> Iterator[list[StoredAnswer]]:
    """The answers of an arm without a score of the metric at a place, a batch at a time, in order."""
    query = _unscored(_answers(origin(store, run)), arm, place)
    yield from _batches(store, arm, query)


def answers_of(store: Store, run: Any, arm: Any) -> Iterator[list[StoredAnswer]]:
    """All answers of an arm, a batch at a time, in order."""
    yield from _batches(store, arm, _answers(origin(store, run)).select_from(_joined()))


def same_answers(
    store: Store, run: Any, arm: Any, to: Sequence[StoredAnswer]
) -> dict[tuple[str, str, int], StoredAnswer]:
    """The answers of an arm to the same samples, by id, content and repeat."""
    wanted = records.c.sample_id.in_({one.record.sample.id for one in to})
    query = _answers(origin(store, run)).select_from(_joined()).where(_own(arm), wanted)
    with store.engine.connect() as connection:
        found = [_answer(arm, row) for row in connection.execute(query)]
    return {key(one): one for one in found}


def key(answer: StoredAnswer) -> tuple[str, str, int]:
    """What two answers to one question share: the sample's id and content, and the repeat."""
    return answer.record.sample.id, answer.record.sample.digest, answer.record.repeat


def write_scores(store: Store, place: int, judge: str, judged: Sequence[tuple[StoredAnswer, Record]]) -> None:
    """Writes what a judge said of answers: its scores at a place of the arm's metrics, notes and calls."""
    with writing(store.engine) as connection:
        for answer, record in judged:
            score = record.scores.get(judge)
            own = (scores.c.record == answer.number) & (scores.c.metric == place)
            connection.execute(delete(scores).where(own))
            if score is not None:
                values = {"value": score.value, "reason": score.reason or None}
                connection.execute(insert(scores).values(record=answer.number, metric=place, **values))
            connection.execute(
                update(records)
                .where(records.c.id == answer.number)
                .values(
                    details=dumps(dict(record.details)) if record.details else None,
                    error=_error(answer.record.error, record.error, judge),
                )
            )
        append_calls(connection, [(answer.number, record.judging) for answer, record in judged])


def write_heard(
    store: Store, places: Mapping[int, str], judged: Sequence[tuple[StoredAnswer, Record]]
) -> None:
    """Writes what judges said of answers, by their places; other calls of judges leave the records."""
    for place, judge in places.items():
        write_scores(store, place, judge, judged)
    kept = {answer.number: {call.key for call in record.judging} for answer, record in judged}
    query = select(calls.c.record, calls.c.seq, calls.c.key).where(
        calls.c.record.in_(list(kept)), by_judges()
    )
    with writing(store.engine) as connection:
        for row in connection.execute(query).all():
            if row.key not in kept[row.record]:
                own = (calls.c.record == row.record) & (calls.c.seq == row.seq)
                connection.execute(delete(calls).where(own))


def append_calls(connection: Connection, made: Sequence[tuple[int, Sequence[Call]]]) -> None:
    """Adds calls to records, after those that they have; a call that a record has already is left out."""
    numbers = [number for number, _ in made]
    query = select(calls.c.record, calls.c.seq, calls.c.key).where(calls.c.record.in_(numbers))
    known: dict[int, dict[str, int]] = {}
    for row in connection.execute(query):
        known.setdefault(row.record, {})[row.key] = row.seq
    rows = []
    for number, some in made:
        own = known.setdefault(number, {})
        for call in some:
            if call.key not in own:
                own[call.key] = max(own.values(), default=-1) + 1
                rows.append(call_row(call, number, own[call.key]))
    if rows:
        connection.execute(insert(calls), rows)


def _error(before: str | None, now: str | None, judge: str) -> str | None:
    """The record's error: this judge's, else that of another judge, if any."""
    mine = before is not None and before.startswith(f"{judge}: ")
    return now or (None if mine else before)


def _joined() -> Any:
    return records.join(samples, samples.c.digest == records.c.sample)


def _unscored(query: Select[Any], arm: Any, place: int) -> Select[Any]:
    scored = (scores.c.record == records.c.id) & (scores.c.metric == place)
    return query.select_from(_joined().outerjoin(scores, scored)).where(_own(arm), scores.c.record.is_(None))


def _own(arm: Any) -> ColumnElement[bool]:
    return within(records.c.id, [arm]) & (records.c.outcome != Outcome.ERROR.value)


def _answers(maker: str) -> Select[Any]:
    contents = (samples.c.input, samples.c.targets, samples.c.fields)
    return select(records, *contents, reply_text(maker).label("call_text"))


def _batches(store: Store, arm: Any, query: Select[Any]) -> Iterator[list[StoredAnswer]]:
    low, high = schema.record_range(arm.id)
    query = query.where(_own(arm)).order_by(records.c.id).limit(BATCH)
    while True:
        with store.engine.connect() as connection:
            rows = connection.execute(query.where(records.c.id.between(low, high))).all()
        if not rows:
            return
        yield [_answer(arm, row) for row in rows]
        low = rows[-1].id + 1


def _answer(arm: Any, row: Any) -> StoredAnswer:
    if row.reply is None and row.call_text is None:
        raise ConfigError(f"the reply to {row.sample_id} was removed from the store, so it cannot be judged")
    fields = loads(row.fields)
    _, repeat, position = schema.unpacked(row.id)
    record = Record(
        arm=arm.key,
        sample=Sample(row.sample_id, row.input, tuple(loads(row.targets)), fields),
        position=position,
        repeat=repeat,
        outcome=Outcome(row.outcome),
        reply=row.reply if row.reply is not None else row.call_text or "",
        answer=row.answer,
        details=loads(row.details) or {},
        error=row.error,
    )
    unit = row.sample_id if arm.cluster is None else fields.get(arm.cluster)
    return StoredAnswer(row.id, str(unit), record)
