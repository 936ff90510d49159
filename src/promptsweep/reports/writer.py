"""Group commit: rows are collected and written in one transaction, every 100 ms at the latest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete
from sqlalchemy.exc import SQLAlchemyError

from promptsweep.errors import IncompleteError
from promptsweep.reports import schema
from promptsweep.reports.rows import Row

INTERVAL = 0.1
"""Seconds of finished work that a kill -9 can cost at most."""
MOST_WAITING = 20_000
"""Rows in memory before the runner is asked to wait."""

_ORDER = (
    schema.preambles,
    schema.responses,
    schema.samples,
    schema.records,
    schema.scores,
    schema.calls,
)


def insert_into(connection: Connection, table: Table) -> Any:
    """An insert that can say what happens on a conflict, in the database's own words."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table)


def insert_or_ignore(connection: Connection, table: Table) -> Any:
    """An insert that leaves existing rows alone."""
    return insert_into(connection, table).on_conflict_do_nothing()


@dataclass(frozen=True, slots=True)
class _Insert:
    """A table's insert, compiled once: handing rows straight to the driver takes a third of the time."""

    sql: str
    form: Callable[[Row], Any]
    """A row as the driver takes it."""

    @classmethod
    def of(cls, table: Table, engine: Engine) -> _Insert:
        with engine.connect() as connection:
            compiled = insert_or_ignore(connection, table).compile(dialect=engine.dialect)
        names = compiled.positiontup
        return cls(str(compiled), itemgetter(*names) if names else lambda row: row)

    def run(self, connection: Connection, rows: list[Row]) -> None:
        connection.exec_driver_sql(self.sql, list(map(self.form, rows)))


class Writer:
    """Collects rows from the event loop; a thread of its own writes them.

    `redone` says that records may be in the store already, from attempts that failed.
    """

    def __init__(
        self,
        engine: Engine,
        committed: Callable[[list[Row]], None] = lambda _: None,
        also: Callable[[Connection], None] = lambda _: None,
        *,
        redone: bool = True,
    ):
        """`committed` gets the responses of each transaction, after it; `also` writes more within it."""
        self._engine, self._committed, self._also, self._redone = engine, committed, also, redone
        self._inserts = {table.name: _Insert.of(table, engine) for table in _ORDER}
        self._rows: dict[str, list[Row]] = {table.name: [] for table in _ORDER}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = False
        self.waiting = 0
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="promptsweep-writer", daemon=True)
        self._thread.start()

    def put(self, rows: Mapping[str, list[Row]]) -> None:
        """Adds rows, by the names of their tables, to the next transaction."""
        with self._lock:
            for table, some in rows.items():
                self._rows[table] += some
                self.waiting += len(some)

    def check(self) -> None:
        """Raises what made writing fail, as one line."""
        if self.failure is not None:
            raise IncompleteError(f"the store cannot be written: {_first_line(self.failure)}") from None

    def close(self) -> None:
        """Writes what is left. Raises like `check`."""
        self._closing = True
        self._wake.set()
        self._thread.join()
        self.check()

    def _run(self) -> None:
        while self.failure is None:
            closing = self._wake.wait(INTERVAL) and self._closing
            try:
                self._flush()
            except SQLAlchemyError as error:
                self.failure = error
            if closing:
                return

    def _flush(self) -> None:
        with self._lock:
            if not self.waiting and not self._closing:
                return
            batch, self._rows = self._rows, {table.name: [] for table in _ORDER}
        with self._engine.begin() as connection:
            if self._redone:
                _remove_records(connection, batch["records"])
            for table, insert in self._inserts.items():
                if rows := batch[table]:
                    insert.run(connection, rows)
            self._also(connection)
        with self._lock:
            self.waiting -= sum(map(len, batch.values()))
        self._committed(batch["responses"])


def _remove_records(connection: Connection, rows: list[Row]) -> None:
    """Takes away what earlier, failed attempts at these records left."""
    redone = [row["id"] for row in rows]
    for start in range(0, len(redone), 500):
        some = redone[start : start + 500]
        connection.execute(delete(schema.scores).where(schema.scores.c.record.in_(some)))
        connection.execute(delete(schema.calls).where(schema.calls.c.record.in_(some)))
        connection.execute(delete(schema.records).where(schema.records.c.id.in_(some)))


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).splitlines()[0]
