"""The runner's view of a store while a run goes on: replies and records in, stored replies out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType

from sqlalchemy import select

from promptsweep.reports import schema
from promptsweep.reports.rows import (
    Row,
    call_rows,
    completion_of,
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

    Look-ups made in the same turn of the event loop are one query. With `fresh`, replies of other runs
    are not seen, but those of this run are, so that a resumed fresh run asks nothing twice.
    """

    def __init__(self, store: Store, run: str, *, fresh: bool = False):
        self._store, self._version, self._fresh = store, run if fresh else "", fresh
        self._arms = {arm.key: (arm.id, _places(loads(arm.metrics))) for arm in store.arms(run)}
        self._unsaved: dict[str, Completion] = {}
        self._preambles: set[str] = set()
        self._wanted: dict[str, asyncio.Future[Completion | None]] = {}
        self._reader = ThreadPoolExecutor(1, "promptsweep-reader")
        self._connection = store.engine.connect()
        self._fetching: set[asyncio.Task[None]] = set()
        self._writer = Writer(store.engine, self._saved)

    async def __aenter__(self) -> StoreSink:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._writer.close()
        finally:
            self._reader.submit(self._connection.close).result()
            self._reader.shutdown()

    async def lookup(self, key: str) -> Completion | None:
        """The stored reply of this key; the oldest, so that every run gets the same."""
        unsaved = self._unsaved.get(key)
        if unsaved is not None:
            return unsaved
        future = self._wanted.get(key)
        if future is None:
            loop = asyncio.get_running_loop()
            if not self._wanted:
                loop.call_soon(self._fetch_soon)
            future = self._wanted[key] = loop.create_future()
        return await future

    def keep(self, request: Request, completion: Completion) -> None:
        """Stores a reply with its request."""
        preamble = preamble_row(request)
        if preamble["id"] not in self._preambles:
            self._preambles.add(preamble["id"])
            self._writer.put(schema.preambles, [preamble])
        self._unsaved[request.key] = replace(completion, cached=True)
        self._writer.put(schema.responses, [response_row(request, completion, preamble["id"], self._version)])

    def add(self, record: Record) -> None:
        """Stores a record with its sample, scores and calls."""
        arm, places = self._arms[record.arm]
        row = record_row(record, arm)
        self._writer.put(schema.samples, [sample_row(record.sample)])
        self._writer.put(schema.records, [row])
        self._writer.put(schema.scores, score_rows(record, row["id"], places))
        self._writer.put(schema.calls, call_rows(record, row["id"]))

    async def room(self) -> None:
        """Waits while the writer is behind."""
        self._writer.check()
        while self._writer.waiting > MOST_WAITING:
            await asyncio.sleep(0.01)
            self._writer.check()

    def _fetch_soon(self) -> None:
        task = asyncio.get_running_loop().create_task(self._fetch())
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)

    async def _fetch(self) -> None:
        wanted, self._wanted = self._wanted, {}
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._reader, self._select, list(wanted))
        except BaseException as error:  # noqa: BLE001  handed to those who wait
            for future in wanted.values():
                if not future.done():
                    future.set_exception(error)
            return
        for key, future in wanted.items():
            if not future.done():
                future.set_result(found.get(key))

    def _select(self, keys: Sequence[str]) -> dict[str, Completion]:
        table = schema.responses
        query = select(table).where(table.c.key.in_(keys)).order_by(table.c.created.desc())
        if self._fresh:
            query = query.where(table.c.version == self._version)
        with self._connection.begin():
            return {row.key: completion_of(row) for row in self._connection.execute(query)}

    def _saved(self, rows: list[Row]) -> None:
        for row in rows:
            self._unsaved.pop(row["key"], None)


def _places(metrics: Sequence[Mapping[str, JSON]]) -> dict[str, int]:
    return {metric["name"]: place for place, metric in enumerate(metrics)}
