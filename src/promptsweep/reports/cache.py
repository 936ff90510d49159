"""Stored replies: how many, what they saved, which are still needed, and why one was not found."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    LargeBinary,
    Subquery,
    cast,
    delete,
    func,
    select,
    text,
)

from promptsweep.errors import ConfigError
from promptsweep.reports import schema
from promptsweep.reports.arms import within
from promptsweep.reports.inserting import ORDER
from promptsweep.reports.misses import Difference, Hit, Miss, explain
from promptsweep.reports.store import Store, loads
from promptsweep.types import Status

__all__ = [
    "CacheStats",
    "Difference",
    "Hit",
    "Miss",
    "ModelReplies",
    "cache_stats",
    "delete_run",
    "explain",
    "prune",
]

runs, arms, records, scores, calls = schema.runs, schema.arms, schema.records, schema.scores, schema.calls
samples, preambles, responses = schema.samples, schema.preambles, schema.responses

ENDED_OR_GOING = (Status.DONE.value, Status.RUNNING.value)


@dataclass(frozen=True, slots=True)
class ModelReplies:
    """The stored replies of one model."""

    model: str
    """The model's name as its endpoint knows it."""
    responses: int
    text_bytes: int
    """UTF-8 bytes of prompts, replies and reasoning."""
    cost: float
    """US dollars that the replies cost when they were made; unknown prices count as 0."""
    oldest: datetime
    newest: datetime


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What the store holds of replies."""

    responses: int
    text_bytes: int
    by_model: tuple[ModelReplies, ...]
    """The model with the most replies first."""
    oldest: datetime | None
    newest: datetime | None
    saved_requests: int
    """Calls that were answered without asking a model."""
    saved_cost: float
    """US dollars that these calls would have cost; unknown prices count as 0."""


def cache_stats(store: Store) -> CacheStats:
    """Counts the stored replies and what reading them instead of asking again has saved."""
    with store.engine.connect() as connection:
        found = tuple(_by_model(connection))
        requests, cost = _saved(connection)
    return CacheStats(
        responses=sum(one.responses for one in found),
        text_bytes=sum(one.text_bytes for one in found),
        by_model=found,
        oldest=min((one.oldest for one in found), default=None),
        newest=max((one.newest for one in found), default=None),
        saved_requests=requests,
        saved_cost=cost,
    )


def prune(store: Store, keep_runs: bool = True) -> int:
    """Removes the replies that no run refers to, with their requests and samples; returns how many replies.

    Without `keep_runs`, replies of finished runs go too: their scores stay, the texts of their traces do
    not. Replies made since the start of a run that is still going on stay in any case, and those made during
    a run that lacks records: the calls of an unfinished sample are in no record yet.
    """
    with _alone(store) as connection:
        since = connection.scalar(
            select(func.min(runs.c.created)).where(runs.c.status == Status.RUNNING.value)
        )
        removing = delete(responses)
        if keep_runs:
            removing = removing.where(responses.c.key.in_(_lacking(responses.c.key, calls.c.key)))
        if since is not None:
            removing = removing.where(responses.c.created < since)
        for began, ended in _unfinished(connection):
            removing = removing.where(~responses.c.created.between(began, ended))
        removed = connection.execute(removing).rowcount
        if since is None:
            for address, use in (
                (preambles.c.id, responses.c.preamble),
                (samples.c.digest, records.c.sample),
            ):
                connection.execute(delete(address.table).where(address.in_(_lacking(address, use))))
    if removed and since is None:
        _shrink(store)
    return removed


def delete_run(store: Store, run: str, *, force: bool = False) -> None:
    """Removes a run with all that is only its own. Its replies stay until they are pruned.

    Raises ConfigError for an unknown run, and for one that is going on unless `force` says it is not.
    """
    row = store.find_run(run)
    if row.status == Status.RUNNING and not force:
        raise ConfigError(f"run {row.id} is going on, or was killed; wait for it, or resume it")
    own = store.arms(row.id)
    with _alone(store) as connection:
        for table, identity in ((scores, scores.c.record), (calls, calls.c.record), (records, records.c.id)):
            connection.execute(delete(table).where(within(identity, own)))
        for table in (schema.grades, schema.duels, schema.batches):
            connection.execute(delete(table).where(table.c.run == row.id))
        connection.execute(delete(arms).where(arms.c.run == row.id))
        connection.execute(delete(runs).where(runs.c.id == row.id))


@contextlib.contextmanager
def whole(store: Store, run: str) -> Iterator[None]:
    """What the block stores of a run stays only where it ends without an error."""
    try:
        yield
    except BaseException:
        delete_run(store, run, force=True)
        raise


def _unfinished(connection: Connection) -> list[tuple[float, float]]:
    """When the runs that were left before each sample had its record began, and when they last ended."""
    spans = []
    for run in connection.execute(select(runs).where(runs.c.status.not_in(ENDED_OR_GOING))):
        own = connection.execute(select(arms).where(arms.c.run == run.id)).all()
        made = connection.scalar(select(func.count()).select_from(records).where(within(records.c.id, own)))
        if (made or 0) < sum(arm.planned for arm in own) * run.repeats:
            spans.append((run.created, run.updated))
    return spans


@contextlib.contextmanager
def _alone(store: Store) -> Iterator[Connection]:
    """A transaction in which nobody else writes between what is read and what is removed."""
    with store.engine.connect().execution_options(alone=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            names = ", ".join(table.name for table in (runs, arms, *ORDER))
            connection.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
        yield connection


def _lacking(address: Column[str], use: Column[str]) -> CompoundSelect[Any]:
    """The addresses that nothing uses. PostgreSQL would look through all uses for each, were it `NOT IN`."""
    return select(address).except_(select(use))


def _by_model(connection: Connection) -> list[ModelReplies]:
    texts = (responses.c.prompt, responses.c.text, func.coalesce(responses.c.reasoning, ""))
    created, count = responses.c.created, func.count().label("count")
    size = sum((_bytes(connection, text) for text in texts[1:]), _bytes(connection, texts[0]))
    query = (
        select(
            preambles.c.model,
            count,
            func.sum(size),
            func.sum(responses.c.cost),
            func.min(created),
            func.max(created),
        )
        .join_from(responses, preambles, preambles.c.id == responses.c.preamble)
        .group_by(preambles.c.model)
        .order_by(count.desc(), preambles.c.model)
    )
    return [
        ModelReplies(model, number, int(size), float(cost or 0.0), _moment(oldest), _moment(newest))
        for model, number, size, cost, oldest, newest in connection.execute(query)
    ]


def _bytes(connection: Connection, column: ColumnElement[str]) -> ColumnElement[int]:
    """Length of a text in UTF-8, in the database's own words."""
    if connection.dialect.name == "postgresql":
        return func.octet_length(column)
    return func.length(cast(column, LargeBinary))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _saved(connection: Connection) -> tuple[int, float]:
    """Calls answered without a model and their price. Runs that re-score others made no call of their own."""
    rescored = [
        row.id
        for row in connection.execute(select(runs.c.id, runs.c.sweep))
        if "rescored" in loads(row.sweep)
    ]
    own = connection.execute(select(arms.c.id).where(arms.c.run.not_in(rescored))).all()
    prices = _prices()
    joined = calls.outerjoin(prices, prices.c.key == calls.c.key)
    query = select(func.count(), func.sum(prices.c.cost)).select_from(joined)
    requests, cost = connection.execute(query.where(calls.c.cached == 1, within(calls.c.record, own))).one()
    return requests, float(cost or 0.0)


def _prices() -> Subquery:
    """Key → cost of a reply to it."""
    return (
        select(responses.c.key, func.max(responses.c.cost).label("cost")).group_by(responses.c.key).subquery()
    )


def _shrink(store: Store) -> None:
    """Gives the room of removed rows back to the disk; PostgreSQL sees to that itself."""
    if store.engine.dialect.name == "sqlite":
        with contextlib.closing(store.engine.raw_connection()) as connection:
            connection.cursor().execute("VACUUM")
