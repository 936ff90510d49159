"""Group commit: rows are collected, and written together in one transaction every 30 ms."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine, Table, delete

from promptsweep.errors import IncompleteError
from promptsweep.reports import schema
from promptsweep.reports.rows import Row

T = TypeVar("T")
INTERVAL = 0.03
"""Seconds between transactions. A kill -9 may cost 0.1 seconds of finished work; writing takes time, too."""
SLOW = 1.0
"""Seconds of one transaction after which the runner is asked to wait."""
MOST_WAITING = 8_000
"""Replies and records in memory before the runner is asked to wait."""

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


class Writer(Generic[T]):
    """Collects what the event loop puts in; a thread of its own makes rows of it and writes them.

    What is put in waits in one list until it is committed. `redone` says that records may be in the store
    already, from attempts that failed.
    """

    def __init__(
        self,
        engine: Engine,
        rows: Callable[[Sequence[T]], Mapping[str, list[Row]]],
        committed: Callable[[Sequence[T]], None],
        also: Callable[[Connection], None] = lambda _: None,
        *,
        redone: bool = True,
    ):
        """`rows` makes rows, by table, of things; `committed` gets the things of each transaction, after it.

        `also` writes more within it. All three are called in the writer's thread.
        """
        self._engine, self._make, self._committed = engine, rows, committed
        self._also, self._redone = also, redone
        self._inserts = {table.name: _Insert.of(table, engine) for table in _ORDER}
        self._things: list[T] = []
        self._wake = threading.Event()
        self._closing = False
        self._began: float | None = None
        """When the transaction began that is being written."""
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="promptsweep-writer", daemon=True)
        self._thread.start()

    def put(self, thing: T) -> None:
        """Adds a thing to the next transaction."""
        self._things.append(thing)

    @property
    def behind(self) -> bool:
        """Whether more should not be put in now: too much waits, or a transaction takes unduly long.

        A store that somebody else has locked must not cost more replies than were under way.
        """
        slow = self._began is not None and time.monotonic() - self._began > SLOW
        return slow or len(self._things) > MOST_WAITING

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
                self._flush(closing)
            except Exception as error:  # noqa: BLE001  `check` raises it where the run goes on
                self.failure = error
            if closing:
                return

    def _flush(self, closing: bool) -> None:
        count = len(self._things)
        if not count and not closing:
            return
        things = self._things[:count]
        rows = self._make(things)
        self._began = time.monotonic()
        with self._engine.begin() as connection:
            if self._redone:
                _remove_records(connection, rows["records"])
            for table, insert in self._inserts.items():
                if some := rows[table]:
                    insert.run(connection, some)
            self._also(connection)
        self._began = None
        self._committed(things)
        del self._things[:count]


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
