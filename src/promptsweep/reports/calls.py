"""A run's calls, each with the request that was sent and the reply that came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Select, select

from promptsweep.embeddings import brief, shown
from promptsweep.reports import schema
from promptsweep.reports.rows import completion_of
from promptsweep.reports.store import Store, loads
from promptsweep.types import JUDGE, MEASURE, Completion, Message, Request

calls, preambles, responses = schema.calls, schema.preambles, schema.responses


@dataclass(frozen=True, slots=True)
class TraceCall:
    """One call of a record, as it was sent and answered."""

    stage: str
    key: str
    request: Request | None
    """None where the store does not hold it: the call failed, or its reply was pruned."""
    completion: Completion | None
    """The reply; `cached` in it says that nothing was sent for it. None like `request`."""
    started: float
    """Seconds since the record began."""
    ended: float
    error: str | None

    @property
    def judges(self) -> bool:
        """Whether a judge made it: then it is no part of what the answer took."""
        return self.stage.startswith(JUDGE)

    @property
    def measures(self) -> bool:
        """Whether a metric made it, for vectors: that is no part of what the answer took, either."""
        return self.stage.startswith(MEASURE)

    @property
    def pruned(self) -> bool:
        """The call succeeded, but its texts were removed from the store since."""
        return self.completion is None and self.error is None

    @property
    def messages(self) -> tuple[Message, ...]:
        """What was sent, exactly; empty where the store does not hold it."""
        return self.request.messages if self.request else ()


def by_judges() -> ColumnElement[bool]:
    """The condition that a judge made a call."""
    return calls.c.stage.startswith(JUDGE, autoescape=True)


def apart() -> ColumnElement[bool]:
    """The condition that a judge or a metric made a call: the answer took none of it."""
    return by_judges() | calls.c.stage.startswith(MEASURE, autoescape=True)


def origin(store: Store, run: Any) -> str:
    """The id of the run that made the calls: `run` (a row) itself, or the one that it scores anew."""
    identity, sweep = run.id, run.sweep
    while sweep is not None and (before := loads(sweep).get("rescored")):
        identity = before
        with store.engine.connect() as connection:
            sweep = connection.scalar(select(schema.runs.c.sweep).where(schema.runs.c.id == identity))
    return str(identity)


def call_query(maker: str) -> Select[Any]:
    """Calls with request and reply, in order; `maker` is the run that made them (`origin`).

    A fresh run has replies of its own; any other reads the oldest of the key, as it did when it ran.
    """
    found = (responses.c.key == calls.c.key) & (responses.c.version == version_of(maker))
    joined = calls.outerjoin(responses, found).outerjoin(preambles, preambles.c.id == responses.c.preamble)
    own = [calls.c[name] for name in ("record", "seq", "stage", "key", "cached", "started", "ended", "error")]
    kept = [column for column in responses.columns if column.name not in ("key", "version")]
    shared = [preambles.c.model, preambles.c.base_url, preambles.c.params, preambles.c.messages]
    return select(*own, *kept, *shared).select_from(joined).order_by(calls.c.record, calls.c.seq)


def version_of(maker: str, keyed: FromClause = calls) -> ScalarSelect[Any]:
    """Which of the replies to a key (of `keyed`) the run `maker` read, as a column."""
    other = responses.alias("other")
    query = select(other.c.version).where(other.c.key == keyed.c.key).limit(1).correlate(keyed)
    return query.order_by(other.c.version != maker, other.c.created).scalar_subquery()


def reply_text(maker: str) -> ScalarSelect[Any]:
    """The text of the call that is a record's reply, as a column for queries on `records`."""
    records = schema.records
    query = (
        select(responses.c.text)
        .select_from(calls.join(responses, responses.c.key == calls.c.key))
        .where((calls.c.record == records.c.id) & (calls.c.seq == records.c.reply_call))
        .order_by(responses.c.version != maker, responses.c.created)
    )
    return query.limit(1).correlate(records).scalar_subquery()


def call_of(row: Any) -> TraceCall:
    """A row of `call_query` in the vocabulary."""
    kept = row.text is not None
    return TraceCall(
        stage=row.stage,
        key=row.key,
        request=brief(request_of(row)) if kept else None,
        completion=replace(completion_of(row), text=shown(row.text), cached=bool(row.cached))
        if kept and row.error is None
        else None,
        started=row.started,
        ended=row.ended,
        error=row.error,
    )


def request_of(row: Any) -> Request:
    """The request of a row that holds a response and its preamble."""
    turns = loads(row.messages)
    contents = [content for _, content in turns[:-1]] + [row.prompt]
    messages = tuple(Message(role, content) for (role, _), content in zip(turns, contents, strict=False))
    return Request(row.model, row.base_url, messages, loads(row.params), row.draw)
