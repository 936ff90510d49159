"""A run as flat tables of plain values, streamed: what data frames and exports are made of."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, Select, select

from promptsweep.reports import schema
from promptsweep.reports.arms import match_arm, per_sample
from promptsweep.reports.calls import TraceCall, call_of, call_query, origin, reply_text
from promptsweep.reports.store import Store, loads
from promptsweep.reports.summary import ArmSummary, metric_names
from promptsweep.types import JSON, Outcome

Kind: TypeAlias = Literal["text", "integer", "number", "flag", "json"]
Row: TypeAlias = Mapping[str, JSON]
BATCH = 1_000
"""Records in memory at a time."""

records, samples, scores = schema.records, schema.samples, schema.scores


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with the same columns. A row may lack a column: the value is null."""

    name: str
    columns: Mapping[str, Kind]
    rows: Iterable[Row]


ARM_COLUMNS: Mapping[str, Kind] = {
    "arm": "text",
    "strategy": "text",
    "model": "text",
    "dataset": "text",
    "split": "text",
    "system": "text",
    "samples": "integer",
    "scored": "integer",
    **{outcome.value: "integer" for outcome in Outcome},
    "prompt_tokens": "integer",
    "completion_tokens": "integer",
    "requests": "integer",
    "cached": "integer",
    "cost_usd": "number",
    "seconds": "number",
    "p50_seconds": "number",
    "p95_seconds": "number",
}
RECORD_COLUMNS: Mapping[str, Kind] = {
    "run": "text",
    "arm": "text",
    "dataset": "text",
    "sample_id": "text",
    "repeat": "integer",
    "input": "text",
    "targets": "json",
    "fields": "json",
    "outcome": "text",
    "reply": "text",
    "answer": "text",
    "seconds": "number",
    "critical_seconds": "number",
    "prompt_tokens": "integer",
    "completion_tokens": "integer",
    "cost": "number",
    "requests": "integer",
    "cached": "integer",
    "error": "text",
    "details": "json",
}
CALL_COLUMNS: Mapping[str, Kind] = {
    "run": "text",
    "arm": "text",
    "sample_id": "text",
    "repeat": "integer",
    "seq": "integer",
    "stage": "text",
    "key": "text",
    "model": "text",
    "base_url": "text",
    "params": "json",
    "draw": "integer",
    "messages": "json",
    "text": "text",
    "reasoning": "text",
    "finish": "text",
    "prompt_tokens": "integer",
    "completion_tokens": "integer",
    "cached_tokens": "integer",
    "reasoning_tokens": "integer",
    "seconds": "number",
    "cost": "number",
    "attempts": "integer",
    "cached": "flag",
    "mean_logprob": "number",
    "first_token": "json",
    "started": "number",
    "ended": "number",
    "error": "text",
}


def arm_table(summaries: Sequence[ArmSummary]) -> Table:
    """One row an arm: parameters as `param_<name>`, outcomes, each metric with columns for its limits.

    A metric's columns are `<name>`, `<name>_low` and `<name>_high`, after `score_` where that is taken.
    """
    params = dict.fromkeys(name for one in summaries for name in one.params)
    metrics = [_score_column(name, ARM_COLUMNS) for name in metric_names(summaries)]
    columns: dict[str, Kind] = {**ARM_COLUMNS}
    columns |= {f"param_{name}": "json" for name in params}
    columns |= {f"{name}{end}": "number" for name in metrics for end in ("", "_low", "_high")}
    return Table("arms", columns, [_arm_row(one) for one in summaries])


def _arm_row(summary: ArmSummary) -> Row:
    row = {name: getattr(summary, name) for name in ARM_COLUMNS if hasattr(summary, name)}
    row |= {f"param_{name}": value for name, value in summary.params.items()} | dict(summary.outcomes)
    row |= {f"{part}_tokens": count for part, count in summary.tokens.items()}
    for name, found in summary.metrics.items():
        for end, value in (("", found.value), ("_low", found.low), ("_high", found.high)):
            row[f"{_score_column(name, ARM_COLUMNS)}{end}"] = value if math.isfinite(value) else None
    return row


def record_table(store: Store, run: str, arm: str | None = None) -> Table:
    """One row a record, of all arms or of the one that `arm` means: its sample, reply, answer and scores.

    A score's column has the metric's name, or `score_<name>` where another column has that name.
    """
    row, arms = _arms(store, run, arm)
    names = dict.fromkeys(metric.name for one in arms for metric in per_sample(one))
    columns: dict[str, Kind] = {
        **RECORD_COLUMNS,
        **{_score_column(name, RECORD_COLUMNS): "number" for name in names},
    }
    return Table("records", columns, _records(store, origin(store, row), row.id, arms))


def call_table(store: Store, run: str, arm: str | None = None) -> Table:
    """One row a call, of all arms or of the one that `arm` means: what was sent and what came back."""
    row, arms = _arms(store, run, arm)
    return Table("calls", CALL_COLUMNS, _calls(store, origin(store, row), row.id, arms))


def _arms(store: Store, run: str, arm: str | None) -> tuple[Any, list[Any]]:
    row = store.find_run(run)
    arms = store.arms(row.id)
    return row, arms if arm is None else [match_arm(arms, arm)]


def _score_column(metric: str, taken: Collection[str]) -> str:
    return f"score_{metric}" if metric in taken else metric


def _batches(connection: Connection, query: Select[Any], arm: Any) -> Iterator[Sequence[Any]]:
    """The rows of an arm's records, in order, `BATCH` at a time."""
    low, high = schema.record_range(arm.id)
    query = query.order_by(records.c.id).limit(BATCH)
    while batch := connection.execute(query.where(records.c.id.between(low, high))).all():
        yield batch
        low = batch[-1].id + 1


def _records(store: Store, maker: str, run: str, arms: Sequence[Any]) -> Iterator[Row]:
    contents = (samples.c.input, samples.c.targets, samples.c.fields)
    query = select(records, *contents, reply_text(maker).label("text"))
    query = query.join(samples, samples.c.digest == records.c.sample)
    with store.engine.connect() as connection:
        for arm in arms:
            names = {metric.place: _score_column(metric.name, RECORD_COLUMNS) for metric in per_sample(arm)}
            for batch in _batches(connection, query, arm):
                values: dict[int, dict[str, JSON]] = {row.id: {} for row in batch}
                within_batch = scores.c.record.between(batch[0].id, batch[-1].id)
                for score in connection.execute(select(scores).where(within_batch)):
                    values[score.record][names[score.metric]] = score.value
                yield from (_record_row(row, run, arm) | values[row.id] for row in batch)


def _record_row(row: Any, run: str, arm: Any) -> dict[str, JSON]:
    found = {name: row._mapping[name] for name in RECORD_COLUMNS if name in row._mapping}
    found |= {name: loads(row._mapping[name]) for name in ("targets", "fields", "details")}
    reply = None if row.outcome == Outcome.ERROR else row.text if row.reply is None else row.reply
    place = {"run": run, "arm": arm.label, "dataset": arm.dataset, "repeat": schema.unpacked(row.id)[1]}
    return found | place | {"reply": reply}


def _calls(store: Store, maker: str, run: str, arms: Sequence[Any]) -> Iterator[Row]:
    attempts, calls = select(records.c.id, records.c.sample_id), call_query(maker)
    with store.engine.connect() as connection:
        for arm in arms:
            for batch in _batches(connection, attempts, arm):
                samples_of = {row.id: row.sample_id for row in batch}
                made = schema.calls.c.record.between(batch[0].id, batch[-1].id)
                for row in connection.execute(calls.where(made)):
                    place = {
                        "run": run,
                        "arm": arm.label,
                        "sample_id": samples_of[row.record],
                        "seq": row.seq,
                    }
                    yield place | {"repeat": schema.unpacked(row.record)[1]} | _call_row(call_of(row))


def _call_row(call: TraceCall) -> dict[str, JSON]:
    row = {name: getattr(call, name) for name in ("stage", "key", "started", "ended", "error")}
    if call.request is not None:
        row |= {name: getattr(call.request, name) for name in ("model", "base_url", "draw")}
        row |= {"params": dict(call.request.params)}
        row |= {"messages": [{"role": one.role, "content": one.content} for one in call.messages]}
    if call.completion is not None:
        names = ("text", "reasoning", "finish", "seconds", "cost", "attempts", "cached")
        measured = call.completion.logprobs
        row |= {name: getattr(call.completion, name) for name in names}
        usage = call.completion.usage
        row |= {
            f"{part}_tokens": getattr(usage, part) for part in ("prompt", "completion", "cached", "reasoning")
        }
        row |= {
            "mean_logprob": measured and measured.mean,
            "first_token": measured and dict(measured.first),
        }
    return row
