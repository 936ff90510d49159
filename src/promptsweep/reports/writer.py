"""Group commit: rows are collected and written in one transaction, every 100 ms at the latest."""

from __future__ import annotations

import threading
from collections.abc import Callable
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


def insert_or_ignore(connection: Connection, table: Table) -> Any:
    """An insert that leaves existing rows alone, in the database's own words."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table).on_conflict_do_nothing()


class Writer:
    """Collects rows from the event loop; a thread of its own writes them."""

    def __init__(self, engine: Engine, committed: Callable[[list[Row]], None] = lambda _: None):
        self._engine, self._committed = engine, committed
        self._rows: dict[str, list[Row]] = {table.name: [] for table in _ORDER}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = False
        self.waiting = 0
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="promptsweep-writer", daemon=True)
        self._thread.start()

    def put(self, table: Table, rows: list[Row]) -> None:
        """Adds rows to the next transaction."""
        if rows:
            with self._lock:
                self._rows[table.name] += rows
                self.waiting += len(rows)

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
            if not self.waiting:
                return
            batch, self._rows = self._rows, {table.name: [] for table in _ORDER}
        with self._engine.begin() as connection:
            _replace_records(connection, batch)
            for table in _ORDER:
                if rows := batch[table.name]:
                    connection.execute(insert_or_ignore(connection, table), rows)
        with self._lock:
            self.waiting -= sum(map(len, batch.values()))
        self._committed(batch["responses"])


def _replace_records(connection: Connection, batch: dict[str, list[Row]]) -> None:
    """Takes away what earlier, failed attempts at the same records left."""
    redone = [row["id"] for row in batch["records"]]
    for start in range(0, len(redone), 500):
        some = redone[start : start + 500]
        connection.execute(delete(schema.scores).where(schema.scores.c.record.in_(some)))
        connection.execute(delete(schema.calls).where(schema.calls.c.record.in_(some)))
        connection.execute(delete(schema.records).where(schema.records.c.id.in_(some)))


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).splitlines()[0]
