"""The ledger: what runs paid, may have paid and saved, kept for as long as the store.

Sums for each run, model and day, so that it stays small, and that nothing is forgotten when replies are
pruned. A reply that serves several runs is paid once, by the run that made it; the others save it. What is
sent outside of runs stands there too, in rows of its own: see `outside`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from promptsweep.errors import IncompleteError
from promptsweep.reports import schema
from promptsweep.reports.inserting import insert_into
from promptsweep.reports.patience import patiently, reason
from promptsweep.reports.store import Store
from promptsweep.runners.costs import Cost

Kind = Literal["new", "failed", "saved"]
"""Replies that were paid; attempts without a reply, at most; replies that came from the store."""
By = Literal["run", "model", "day"]

AUTHORISED = "authorised"
"""Kind of the row that says what a run with a budget may have spent at most."""

table = schema.ledger


@dataclass(frozen=True, slots=True)
class Sum:
    """Requests, and what they cost."""

    requests: int = 0
    tokens: int = 0
    """Of prompts and replies, as the endpoint counted them."""
    usd: float = 0.0
    """US dollars of the requests whose price is known, when they were made."""
    unpriced: int = 0
    """Requests whose price is unknown."""

    def plus(self, other: Sum) -> Sum:
        """Both together."""
        return Sum(
            self.requests + other.requests,
            self.tokens + other.tokens,
            self.usd + other.usd,
            self.unpriced + other.unpriced,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    name: str
    """A run's id (or one of `outside.PAGES`), a model as sweeps name it, or a day (UTC)."""
    sweep: str | None
    """Name of the run's sweep; None for a run that was removed, and where lines are no runs."""
    new: Sum
    """Replies that were paid."""
    failed: Sum
    """Attempts that gave no reply, at what they may have cost at most."""
    saved: Sum
    """Replies that came from the store, at what they cost when they were made."""


class Tally:
    """What a run pays and saves, kept until the store's next transaction takes it over.

    Filled by the event loop, written by the writer's thread in the transaction that stores the replies.
    """

    def __init__(self, run: str):
        self._run = run
        self._entered: list[tuple[str, Kind, Cost]] = []
        self._writing = 0

    def add(self, kind: Kind, model: str, cost: Cost) -> None:
        """Enters a cost; `model` as the sweep names it."""
        self._entered.append((model, kind, cost))

    def write(self, connection: Connection) -> None:
        """Adds what came since the last `written` to the run's rows of today."""
        self._writing = len(self._entered)
        taken = self._entered[: self._writing]
        day = time.strftime("%Y-%m-%d", time.gmtime())
        costs: dict[tuple[str, Kind], list[Cost]] = {}
        for model, kind, cost in taken:
            costs.setdefault((model, kind), []).append(cost)
        if costs:
            lines = [
                _line(self._run, model, day, kind, _sum(some))
                for (model, kind), some in sorted(costs.items(), key=itemgetter(0))
            ]
            connection.execute(_upsert(connection.dialect.name, add=True), lines)

    def written(self) -> None:
        """What was written last is committed."""
        del self._entered[: self._writing]
        self._writing = 0


def _sum(costs: Sequence[Cost]) -> Sum:
    requests, tokens, usd, unpriced = 0, 0, 0.0, 0
    for cost in costs:
        requests += cost.requests
        tokens += cost.tokens or 0
        usd += cost.usd or 0.0
        unpriced += cost.requests if cost.usd is None else 0
    return Sum(requests, tokens, usd, unpriced)


def spent(store: Store, run: str) -> Cost:
    """What a run has spent by now, failed attempts at their worst: where its budget goes on from.

    Not less than was authorised last: after a crash, nobody knows how much of that was under way.
    """
    with store.engine.connect() as connection:
        known = connection.execute(
            _sums().where(table.c.run == run, table.c.kind.in_(("new", "failed")))
        ).one()
        feared = connection.execute(_sums().where(table.c.run == run, table.c.kind == AUTHORISED)).one()
    return Cost(
        usd=max(known.usd or 0.0, feared.usd or 0.0),
        tokens=int(max(known.tokens or 0, feared.tokens or 0)),
        requests=int(max(known.requests or 0, feared.requests or 0)),
    )


def authorise(store: Store, run: str, cost: Cost) -> None:
    """Notes what the run may spend in all: before it does, and at its end what it did.

    Raises IncompleteError where the store cannot be written.
    """
    line = _line(run, "", "", AUTHORISED, Sum(cost.requests, cost.tokens or 0, cost.usd or 0.0))

    def write() -> None:
        with store.engine.begin() as connection:
            connection.execute(_upsert(connection.dialect.name, add=False), line)

    try:
        patiently(store.engine, write)
    except SQLAlchemyError as error:
        raise IncompleteError(f"the store cannot be written: {reason(error)}") from None


def entries(store: Store, by: By = "run", since: date | None = None) -> list[Entry]:
    """The ledger from the day `since` on: the newest run or day first, the dearest model first."""
    key = table.c[by]
    query = _sums(key.label("name"), table.c.kind).where(table.c.kind != AUTHORISED)
    if since is not None:
        query = query.where(table.c.day >= since.isoformat())
    with store.engine.connect() as connection:
        rows = connection.execute(query.group_by(key, table.c.kind)).all()
        known = {row.id: row.name for row in connection.execute(select(schema.runs.c.id, schema.runs.c.name))}
    found = [
        _entry(name, known.get(name) if by == "run" else None, rows) for name in {row.name for row in rows}
    ]
    if by == "model":
        return sorted(found, key=lambda entry: (-entry.new.usd, entry.name))
    return sorted(found, key=lambda entry: entry.name, reverse=True)


def of_run(store: Store, run: str) -> Entry:
    """The ledger's line of one run, also while it goes on."""
    query = _sums(table.c.run.label("name"), table.c.kind).where(table.c.run == run)
    with store.engine.connect() as connection:
        rows = connection.execute(query.group_by(table.c.run, table.c.kind)).all()
    return _entry(run, None, rows)


def total(lines: Sequence[Entry]) -> Entry:
    """All lines together."""
    new, failed, saved = Sum(), Sum(), Sum()
    for line in lines:
        new, failed, saved = new.plus(line.new), failed.plus(line.failed), saved.plus(line.saved)
    return Entry("total", None, new, failed, saved)


def _entry(name: str, sweep: str | None, rows: Sequence[Any]) -> Entry:
    kinds = {
        row.kind: Sum(int(row.requests), int(row.tokens), float(row.usd), int(row.unpriced))
        for row in rows
        if row.name == name
    }
    return Entry(name, sweep, *(kinds.get(kind, Sum()) for kind in ("new", "failed", "saved")))


def _sums(*keys: ColumnElement[Any]) -> Any:
    columns = (table.c.requests, table.c.tokens, table.c.usd, table.c.unpriced)
    return select(*keys, *(func.sum(column).label(column.name) for column in columns))


def _line(run: str, model: str, day: str, kind: str, found: Sum) -> dict[str, Any]:
    return {"run": run, "model": model, "day": day, "kind": kind, **asdict(found)}


@cache
def _upsert(dialect: str, *, add: bool) -> Any:
    """Writes lines, or adds to them; made once, as making it takes longer than running it."""
    statement = insert_into(dialect, table)
    key = table.primary_key.columns.keys()
    given = {name: statement.excluded[name] for name in set(table.columns.keys()).difference(key)}
    changed = {name: table.c[name] + value for name, value in given.items()} if add else given
    return statement.on_conflict_do_update(index_elements=key, set_=changed)
