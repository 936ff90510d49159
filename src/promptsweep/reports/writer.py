"""Group commit: rows are collected, and written together in one transaction every 30 ms."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine

from promptsweep.errors import IncompleteError
from promptsweep.reports.inserting import Rows, inserter
from promptsweep.reports.patience import Ticket, patiently, reason

T = TypeVar("T")
Connect = Callable[[], AbstractContextManager[Connection]]
INTERVAL = 0.03
"""Seconds between transactions. A kill -9 may cost 0.1 seconds of finished work; writing takes time, too."""
SLOW = 1.0
"""Seconds of one transaction after which the runner is asked to wait."""
MOST_WAITING = 8_000
"""Replies and records in memory before the runner is asked to wait."""


class Writer(Generic[T]):
    """Collects what the event loop puts in; a thread of its own makes rows of it and writes them.

    What is put in waits in one list until it is committed. `redone` says that records may be in the store
    already, from attempts that failed.
    """

    def __init__(
        self,
        engine: Engine,
        rows: Callable[[Sequence[T]], Rows],
        committed: Callable[[Sequence[T]], None],
        also: Callable[[Connection], None] = lambda _: None,
        *,
        redone: bool = True,
    ):
        """`rows` makes rows, by table, of things; `committed` gets the things of each transaction, after it.

        `also` writes more within it, the same again where the transaction is. All three are called in the
        writer's thread.
        """
        self._engine, self._make, self._committed = engine, rows, committed
        self._also, self._inserter, self._ticket = also, inserter(engine, redone=redone), Ticket(engine)
        self._things: list[T] = []
        self._closing = threading.Event()
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
        began = self._began  # read once: the writer's thread clears it at any time
        slow = began is not None and time.monotonic() - began > SLOW
        return slow or len(self._things) > MOST_WAITING

    def check(self) -> None:
        """Raises what made writing fail, as one line."""
        if self.failure is not None:
            raise IncompleteError(f"the store cannot be written: {reason(self.failure)}") from None

    def close(self) -> None:
        """Writes what is left. Raises like `check`."""
        self._closing.set()
        self._thread.join()
        self.check()

    def _run(self) -> None:
        try:
            with self._connecting() as connect:
                closing = False
                while not closing:
                    closing = self._closing.wait(INTERVAL)
                    self._flush(connect, closing)
        except Exception as error:  # noqa: BLE001  `check` raises it where the run goes on
            self.failure = error

    @contextmanager
    def _connecting(self) -> Iterator[Connect]:
        """Gives a transaction its connection: a file's stays open, as opening it takes longer than a commit.

        That to a server may break, so its pool is asked each time.
        """
        if self._engine.dialect.name != "sqlite":
            yield self._engine.connect
            return
        with self._engine.connect() as kept:
            yield lambda: nullcontext(kept)

    def _flush(self, connect: Connect, closing: bool) -> None:
        count = len(self._things)
        if not count and not closing:
            return
        things = self._things[:count]
        rows = self._make(things)
        self._began = time.monotonic()
        patiently(self._engine, lambda: self._write(connect, rows))
        self._began = None
        self._committed(things)
        del self._things[:count]

    def _write(self, connect: Connect, rows: Rows) -> None:
        """One transaction, unless an attempt at it whose connection broke turns out to be committed."""
        if self._ticket.is_settled():
            return
        with connect() as connection, connection.begin():
            self._inserter.write(connection, rows)
            self._also(connection)
            self._ticket.take(connection)
        self._ticket.drop()
