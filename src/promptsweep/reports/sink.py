"""The runner's view of a store while a run goes on: replies and records in, stored replies out."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace, TracebackType

from promptsweep.reports.ledger import Tally
from promptsweep.reports.lookup import lookup
from promptsweep.reports.made import Made, Maker, Reply
from promptsweep.reports.rows import Row, completion_of
from promptsweep.reports.store import Store
from promptsweep.reports.writer import Writer
from promptsweep.types import Completion, Record, Request


class StoreSink:
    """Implements `runners.Sink` for one run. An asynchronous context manager: leaving it saves all.

    With `fresh`, replies of other runs are not seen, but those of this run are, so that a resumed fresh
    run asks nothing twice. With `apart`, replies of other runs are seen, but what is kept is this run's own:
    a recording may hold another reply to a request than the store does.
    """

    def __init__(
        self, store: Store, run: str, *, fresh: bool = False, apart: bool = False, redone: bool | None = None
    ):
        """`redone` says whether the run's records may be in the store already; None: it is looked up."""
        self.maker = Maker.of(store, run, apart=fresh or apart)
        self._unsaved: dict[str, Completion] = {}
        self._leaving: list[str] = []
        self._lookup = lookup(store.engine, run if fresh else None)
        self.tally = Tally(run)
        """The run's ledger: what is entered is written with the next records."""
        self._writer: Writer[Reply | Record | Made] = Writer(
            store.engine,
            self._rows,
            self._saved,
            self.tally.write,
            redone=store.has_records(run) if redone is None else redone,
        )

    async def __aenter__(self) -> StoreSink:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.save()

    def save(self) -> None:
        """Writes what is left, and gives the connections back. Raises what made storing fail."""
        try:
            self._writer.close()
        finally:
            self._lookup.close()

    async def lookup(self, key: str) -> Completion | None:
        """The stored reply of this key; the oldest, so that every run gets the same."""
        unsaved = self._unsaved.get(key)
        return await self._lookup.find(key) if unsaved is None else replace(unsaved, cached=True)

    def keep(self, request: Request, completion: Completion) -> None:
        """Stores a reply with its request."""
        self._unsaved[request.key] = completion
        self._writer.put((request, completion))

    def abandon(self, key: str) -> None:
        """Nobody waits here for another's reply."""

    def take(self, made: Made) -> None:
        """Stores rows that were made elsewhere, of a reply or a record."""
        for row in made.get("responses", ()):
            self._unsaved[row["key"]] = completion_of(SimpleNamespace(**row))
        self._writer.put(made)

    def add(self, record: Record) -> None:
        """Stores a record with its sample, scores and calls."""
        self._writer.put(record)

    async def room(self) -> None:
        """Waits while the writer is behind."""
        self._writer.check()
        while self._writer.behind:
            await asyncio.sleep(0.01)
            self._writer.check()

    def _rows(self, things: Sequence[Reply | Record | Made]) -> Mapping[str, list[Row]]:
        rows: defaultdict[str, list[Row]] = defaultdict(list)
        for thing in things:
            if isinstance(thing, dict):
                for table, some in thing.items():
                    rows[table] += some
            else:
                self.maker.make(rows, thing)
        return rows

    def _saved(self, things: Sequence[Reply | Record | Made]) -> None:
        """Replies stay at hand for one more transaction: a reader that has just begun does not see them."""
        self.tally.written()
        for key in self._leaving:
            self._unsaved.pop(key, None)
        self._leaving = [key for thing in things for key in _keys(thing)]


def _keys(thing: Reply | Record | Made) -> list[str]:
    """Of the replies in a thing that was stored."""
    if isinstance(thing, dict):
        return [row["key"] for row in thing.get("responses", ())]
    return [] if isinstance(thing, Record) else [thing[0].key]
