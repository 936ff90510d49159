"""Stored replies by key: from SQLite one by one, from a database behind a network many in a query."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, Protocol

from sqlalchemy import Engine, Select, bindparam, select
from sqlalchemy.exc import DBAPIError

from promptsweep.errors import IncompleteError
from promptsweep.reports.patience import patiently, reason
from promptsweep.reports.rows import completion_of
from promptsweep.reports.schema import responses
from promptsweep.types import Completion

_COLUMNS = responses.c.keys()
SNAPSHOT = 0.005
"""Seconds that one read transaction lasts: much less than two transactions of the writer are apart."""


class Lookup(Protocol):
    """Reads while the writer writes. Of several replies to a request the oldest counts, in every run."""

    async def find(self, key: str) -> Completion | None:
        """The stored reply, marked as cached; None when there is none."""

    def close(self) -> None:
        """Gives the connection back."""


def lookup(engine: Engine, version: str | None) -> Lookup:
    """Looks among the replies of one version, or of all."""
    kind = DirectLookup if engine.dialect.name == "sqlite" else BatchedLookup
    return kind(engine, replies(version))


def replies(version: str | None) -> Select[Any]:
    """The stored replies of one version, or of all."""
    return select(responses) if version is None else select(responses).where(responses.c.version == version)


class DirectLookup:
    """Asks at once: a read takes a microsecond or two, handing it to a thread many times that.

    What is asked within a few milliseconds is one read transaction, since beginning one costs more than
    reading. It must not last: SQLite cannot shorten its write-ahead log while anybody reads from it, and what
    is written meanwhile is not seen; whoever writes here keeps it at hand for longer than that.
    """

    def __init__(self, engine: Engine, query: Select[Any]):
        oldest = query.where(responses.c.key == bindparam("key")).order_by(responses.c.created).limit(1)
        self._whole = _Query(oldest, engine)
        self._any = _Query(oldest.with_only_columns(responses.c.key).order_by(None), engine)
        self._connection = engine.raw_connection()
        self._cursor = self._connection.cursor()
        self._reading = False

    async def find(self, key: str) -> Completion | None:
        """As `Lookup.find`."""
        if not self._reading:
            self._cursor.execute("BEGIN")
            self._reading = True
            asyncio.get_running_loop().call_later(SNAPSHOT, self._end)
        if self._any.first(self._cursor, key) is None:
            return None
        found = self._whole.first(self._cursor, key)
        return completion_of(SimpleNamespace(**dict(zip(_COLUMNS, found, strict=True))))

    def close(self) -> None:
        """As `Lookup.close`."""
        self._end()
        self._connection.close()

    def _end(self) -> None:
        if self._reading:
            self._reading = False
            self._cursor.execute("ROLLBACK")


class _Query:
    """A query by key, compiled once."""

    def __init__(self, query: Select[Any], engine: Engine):
        compiled = query.compile(dialect=engine.dialect, compile_kwargs={"render_postcompile": True})
        self._sql, names = str(compiled), compiled.positiontup or []
        self._values = [compiled.params[name] for name in names]
        self._place = names.index("key")

    def first(self, cursor: Any, key: str) -> Any:
        """The first row as the driver gives it, or None."""
        self._values[self._place] = key
        return cursor.execute(self._sql, self._values).fetchone()


class BatchedLookup:
    """What is asked in the same turn of the event loop is one query, made in a thread."""

    def __init__(self, engine: Engine, query: Select[Any]):
        self._query = query.order_by(responses.c.created.desc())
        self._engine = engine
        self._connection = engine.connect()
        self._reader = ThreadPoolExecutor(1, "promptsweep-reader")
        self._wanted: dict[str, asyncio.Future[Completion | None]] = {}
        self._fetching: set[asyncio.Task[None]] = set()

    async def find(self, key: str) -> Completion | None:
        """As `Lookup.find`."""
        future = self._wanted.get(key)
        if future is None:
            loop = asyncio.get_running_loop()
            if not self._wanted:
                loop.call_soon(self._fetch_soon)
            future = self._wanted[key] = loop.create_future()
        return await future

    def close(self) -> None:
        """As `Lookup.close`."""
        self._reader.submit(self._connection.close).result()
        self._reader.shutdown()

    def _fetch_soon(self) -> None:
        task = asyncio.get_running_loop().create_task(self._fetch())
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)

    async def _fetch(self) -> None:
        wanted, self._wanted = self._wanted, {}
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._reader, self._found, list(wanted))
        except BaseException as error:  # noqa: BLE001  handed to those who wait
            for future in wanted.values():
                if not future.done():
                    future.set_exception(error)
            return
        for key, future in wanted.items():
            if not future.done():
                future.set_result(found.get(key))

    def _found(self, keys: Sequence[str]) -> dict[str, Completion]:
        try:
            return patiently(self._engine, lambda: self._select(keys))
        except DBAPIError as error:
            raise IncompleteError(f"the store cannot be read: {reason(error)}") from None

    def _select(self, keys: Sequence[str]) -> dict[str, Completion]:
        query = self._query.where(responses.c.key.in_(keys))
        with self._connection.begin():
            return {row.key: completion_of(row) for row in self._connection.execute(query)}
