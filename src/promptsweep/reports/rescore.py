"""Scores the stored replies of a run anew, with today's metrics, labels and extraction; nothing is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from promptsweep import metrics as metric_room
from promptsweep.answers import parser
from promptsweep.datasets import load as load_dataset
from promptsweep.errors import ConfigError
from promptsweep.reports import schema
from promptsweep.reports.cache import whole
from promptsweep.reports.calls import by_judges, origin, reply_text
from promptsweep.reports.grown import NOTED
from promptsweep.reports.judged import judge_metrics
from promptsweep.reports.rows import dumps
from promptsweep.reports.store import Store, loads, metric_column, writing
from promptsweep.runners import judge
from promptsweep.runners.judging import NOTES
from promptsweep.types import JSON, Outcome, Sample, Status
from promptsweep.workspace import Workspace

records, calls, samples = schema.records, schema.calls, schema.samples
BATCH = 1_000
_JUDGE = re.compile(r"judge(\(.*\))?$")


@dataclass(frozen=True, slots=True)
class _Scoring:
    """How one arm's replies are read and scored now."""

    task: str
    parse: Any
    specs: Sequence[Any]
    scorers: Sequence[Any]
    metrics: Sequence[Any]
    places: Mapping[str, int]
    judged: bool
    """Whether a judge that could be loaded is among the scorers."""


Signing = Callable[[Any, Mapping[str, JSON], metric_room.Judge], metric_room.Judge]
"""(arm's row, what a sweep says of a judge, that judge) → the judge as it is today, with its signature."""


def rescore(
    store: Store,
    run: Any,
    workspace: Workspace,
    metrics: Sequence[str] | None,
    signed: Signing = lambda _arm, _spec, judge: judge,
) -> str:
    """Copies a run, scored anew, and returns the copy's id. Errors stay errors.

    `metrics` are names, also those of the run's judges (default: those of each dataset, and the run's
    judges). Judges get a column and no scores; their calls are copied with the others. Raises ConfigError
    for an unknown metric, one that fails, a judge that the run does not have, and a dataset that is no
    longer there; then nothing is stored.
    """
    arms = store.arms(run.id)
    known = {metric.name: spec for arm in arms for metric, spec in judge_metrics(arm)}
    if lacking := next((one for one in metrics or () if one not in known and _JUDGE.match(one)), None):
        raise ConfigError(
            f"run {run.id} has no {lacking}, and score asks no judge: "
            f"promptsweep judge {run.id} --model NAME --rubric NAME"
        )
    wanted = [known.get(name, name) for name in metrics or ()]
    scorings = [_scoring(arm, workspace, wanted, signed) for arm in arms]
    looks = {key: value for key, value in loads(run.sweep).items() if key == NOTED}
    identity = store.copy_run(run, {"rescored": run.id, "metrics": list(metrics or []), **looks})
    maker = origin(store, run)
    with whole(store, identity), store.engine.begin() as connection:
        for arm, scoring in zip(arms, scorings, strict=True):
            columns = {
                **arm._mapping,
                "run": identity,
                "metrics": metric_column(scoring.specs, scoring.scorers),
            }
            del columns["id"]
            number = connection.execute(insert(schema.arms).values(columns)).inserted_primary_key[0]  # type: ignore[index]
            for batch in _batches(connection, arm, maker):
                _write(connection, batch, number, scoring)
    store.finish(identity, Status(run.status), run.error)
    return identity


def warn(store: Store, run: Any, lines: Sequence[str]) -> None:
    """Adds warnings to a run (its row)."""
    with writing(store.engine) as connection:
        warnings = dumps([*loads(run.warnings), *lines])
        connection.execute(update(schema.runs).where(schema.runs.c.id == run.id).values(warnings=warnings))


def _scoring(arm: Any, workspace: Workspace, wanted: Sequence[Any], signed: Signing) -> _Scoring:
    card = load_dataset(arm.dataset, workspace).card

    def resolved(specs: Sequence[Any]) -> Sequence[Any]:
        return metric_room.resolve(specs, card.task, workspace.root, card.schema)

    specs = list(wanted or card.metrics or metric_room.defaults(card.task))
    if not wanted:
        named = {scorer.name for scorer in resolved(specs)}
        specs += [spec for metric, spec in judge_metrics(arm) if metric.name not in named]
    scorers = [
        signed(arm, spec, scorer) if isinstance(scorer, metric_room.Judge) else scorer
        for spec, scorer in zip(specs, resolved(specs), strict=True)
    ]
    each = [scorer for scorer in scorers if isinstance(scorer, metric_room.Metric)]
    places = {scorer.name: place for place, scorer in enumerate(scorers)}
    parse = parser(card.task, card.labels, card.answer_pattern)
    judged = any(isinstance(scorer, metric_room.Judge) and scorer.signature for scorer in scorers)
    return _Scoring(card.task, parse, specs, scorers, each, places, judged)


def _batches(connection: Connection, arm: Any, maker: str) -> Iterator[list[Any]]:
    """The arm's records with sample and reply, by number, a batch at a time."""
    low, high = schema.record_range(arm.id)
    joined = records.join(samples, samples.c.digest == records.c.sample)
    query = select(records, samples, reply_text(maker).label("call_text")).select_from(joined)
    query = query.order_by(records.c.id).limit(BATCH)
    while batch := connection.execute(query.where(records.c.id.between(low, high))).all():
        yield list(batch)
        low = batch[-1].id + 1


def _write(connection: Connection, batch: Sequence[Any], arm: int, scoring: _Scoring) -> None:
    numbers = {row.id: schema.record_id(arm, *schema.unpacked(row.id)[1:]) for row in batch}
    copies, scores = [], []
    for row in batch:
        copy = {column.name: row._mapping[column.name] for column in records.columns}
        copy["id"] = numbers[row.id]
        if row.outcome != Outcome.ERROR:
            copy["details"], copy["error"] = _without_judges(row.details), None
            scores += _rescored(row, copy, scoring)
        copies.append(copy)
    connection.execute(insert(records), copies)
    if scores:
        connection.execute(insert(schema.scores), scores)
    query = select(calls).where(calls.c.record.in_(list(numbers)))
    made = connection.execute(query if scoring.judged else query.where(~by_judges())).mappings().all()
    if made:
        connection.execute(insert(calls), [{**call, "record": numbers[call["record"]]} for call in made])


def _without_judges(details: str | None) -> str | None:
    """What the strategy alone noted."""
    if details is None:
        return None
    kept = {name: value for name, value in loads(details).items() if name != NOTES}
    return dumps(kept) if kept else None


def _rescored(row: Any, copy: dict[str, Any], scoring: _Scoring) -> list[dict[str, JSON]]:
    """Sets the copy's answer and outcome; returns its score rows."""
    reply = row.reply if row.reply is not None else row.call_text or ""
    sample = Sample(row.sample_id, row.input, tuple(loads(row.targets)), loads(row.fields))
    finish = {Outcome.TRUNCATED: "length", Outcome.REFUSED: "refusal"}.get(row.outcome, "stop")
    verdict = judge(
        reply,
        finish,
        sample,
        task=scoring.task,
        parse=scoring.parse,
        metrics=scoring.metrics,
        details=loads(row.details) or {},
    )
    copy["answer"], copy["outcome"] = verdict.answer, verdict.outcome.value
    return [
        {
            "record": copy["id"],
            "metric": scoring.places[name],
            "value": score.value,
            "reason": score.reason or None,
        }
        for name, score in verdict.scores.items()
    ]
