"""The runner's view of a store while a run goes on: replies and records in, stored replies out."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType

from promptsweep.reports.ledger import Tally
from promptsweep.reports.lookup import lookup
from promptsweep.reports.rows import (
    Row,
    call_rows,
    preamble_row,
    record_row,
    response_row,
    sample_row,
    score_rows,
)
from promptsweep.reports.store import Store, loads
from promptsweep.reports.writer import Writer
from promptsweep.types import JSON, Completion, Record, Request

Reply = tuple[Request, Completion]


class StoreSink:
    """Implements `runners.Sink` for one run. An asynchronous context manager: leaving it saves all.

    With `fresh`, replies of other runs are not seen, but those of this run are, so that a resumed fresh
    run asks nothing twice. With `apart`, replies of other runs are seen, but what is kept is this run's own:
    a recording may hold another reply to a request than the store does.
    """

    def __init__(self, store: Store, run: str, *, fresh: bool = False, apart: bool = False):
        self._version = run if fresh or apart else ""
        self._arms = {arm.key: (arm.id, _places(loads(arm.metrics))) for arm in store.arms(run)}
        self._unsaved: dict[str, Completion] = {}
        self._preambles: set[str] = set()
        self._lookup = lookup(store.engine, run if fresh else None)
        self.tally = Tally(run)
        """The run's ledger: what is entered is written with the next records."""
        self._writer: Writer[Reply | Record] = Writer(
            store.engine, self._rows, self._saved, self.tally.write, redone=store.has_records(run)
        )

    async def __aenter__(self) -> StoreSink:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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

    def add(self, record: Record) -> None:
        """Stores a record with its sample, scores and calls."""
        self._writer.put(record)

    async def room(self) -> None:
        """Waits while the writer is behind."""
        self._writer.check()
        while self._writer.behind:
            await asyncio.sleep(0.01)
            self._writer.check()

    def _rows(self, things: Sequence[Reply | Record]) -> Mapping[str, list[Row]]:
        rows: defaultdict[str, list[Row]] = defaultdict(list)
        for thing in things:
            if isinstance(thing, Record):
                self._add_record(rows, thing)
            else:
                self._add_reply(rows, *thing)
        return rows

    def _add_reply(self, rows: dict[str, list[Row]], request: Request, completion: Completion) -> None:
        preamble = preamble_row(request)
        rows["responses"].append(response_row(request, completion, preamble["id"], self._version))
        if preamble["id"] not in self._preambles:
            self._preambles.add(preamble["id"])
            rows["preambles"].append(preamble)

    def _add_record(self, rows: dict[str, list[Row]], record: Record) -> None:
        arm, places = self._arms[record.arm]
        row = record_row(record, arm)
        rows["samples"].append(sample_row(record.sample))
        rows["records"].append(row)
        rows["scores"] += score_rows(record, row["id"], places)
        rows["calls"] += call_rows(record, row["id"])

    def _saved(self, things: Sequence[Reply | Record]) -> None:
        self.tally.written()
        for thing in things:
            if not isinstance(thing, Record):
                self._unsaved.pop(thing[0].key, None)


def _places(metrics: Sequence[Mapping[str, JSON]]) -> dict[str, int]:
    return {metric["name"]: place for place, metric in enumerate(metrics)}
