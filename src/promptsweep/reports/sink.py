"""The runner's view of a store while a run goes on: replies and records in, stored replies out."""

from __future__ import annotations

import asyncio
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
from promptsweep.reports.writer import MOST_WAITING, Writer
from promptsweep.types import JSON, Completion, Record, Request


class StoreSink:
    """Implements `runners.Sink` for one run. An asynchronous context manager: leaving it saves all.

    With `fresh`, replies of other runs are not seen, but those of this run are, so that a resumed fresh
    run asks nothing twice.
    """

    def __init__(self, store: Store, run: str, *, fresh: bool = False):
        self._version = run if fresh else ""
        self._arms = {arm.key: (arm.id, _places(loads(arm.metrics))) for arm in store.arms(run)}
        self._unsaved: dict[str, Completion] = {}
        self._preambles: set[str] = set()
        self._lookup = lookup(store.engine, run if fresh else None)
        self.tally = Tally(run)
        """The run's ledger: what is entered is written with the next records."""
        self._writer = Writer(store.engine, self._saved, self.tally.write, redone=store.has_records(run))

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
        preamble = preamble_row(request)
        rows = {"responses": [response_row(request, completion, preamble["id"], self._version)]}
        if preamble["id"] not in self._preambles:
            self._preambles.add(preamble["id"])
            rows["preambles"] = [preamble]
        self._unsaved[request.key] = completion
        self._writer.put(rows)

    def add(self, record: Record) -> None:
        """Stores a record with its sample, scores and calls."""
        arm, places = self._arms[record.arm]
        row = record_row(record, arm)
        self._writer.put(
            {
                "samples": [sample_row(record.sample)],
                "records": [row],
                "scores": score_rows(record, row["id"], places),
                "calls": call_rows(record, row["id"]),
            }
        )

    async def room(self) -> None:
        """Waits while the writer is behind."""
        self._writer.check()
        while self._writer.waiting > MOST_WAITING:
            await asyncio.sleep(0.01)
            self._writer.check()

    def _saved(self, rows: list[Row]) -> None:
        for row in rows:
            self._unsaved.pop(row["key"], None)


def _places(metrics: Sequence[Mapping[str, JSON]]) -> dict[str, int]:
    return {metric["name"]: place for place, metric in enumerate(metrics)}
