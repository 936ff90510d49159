"""A worker's view of the run's store: what it makes goes to the driver, or straight into a shared database.

Either way the driver knows which replies there are and who is asking for one, so that workers send identical
requests once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from promptsweep.reports.ledger import Kind
from promptsweep.reports.made import Made, Maker, Reply
from promptsweep.reports.sink import StoreSink
from promptsweep.reports.store import Store
from promptsweep.runners import Sink
from promptsweep.runners.costs import Cost
from promptsweep.types import Completion, Record, Request

MOST_WAITING = 1_000
"""Replies and records that wait for the driver before the worker's jobs are asked to wait."""
Entered = tuple[Kind, str, Cost]


class Finished(NamedTuple):
    """A record that is with the driver, or in the database."""

    arm: str
    position: int
    repeat: int
    error: str | None


@dataclass(slots=True)
class Parcel:
    """What a worker has for the driver."""

    made: list[Made] = field(default_factory=list)
    """Rows to be stored; none where the worker stores them itself."""
    finished: list[Finished] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Keys of replies that can be looked up now."""
    abandoned: list[str] = field(default_factory=list)
    """Keys of requests that were to be sent, and have no reply."""
    lookups: list[str] = field(default_factory=list)
    """Keys of replies that are wanted."""
    entered: list[Entered] = field(default_factory=list)
    """For the ledger."""


class Post:
    """What waits for the driver, and for its answers. `changed` is called when an answer is waited for."""

    def __init__(self, changed: Callable[[], None]):
        self.parcel = Parcel()
        self._changed = changed
        self._asked: dict[str, asyncio.Future[Completion | None]] = {}

    async def ask(self, key: str) -> Completion | None:
        """The stored reply; None for the one worker that is to send the request."""
        if key not in self._asked:
            self._asked[key] = asyncio.get_running_loop().create_future()
            self.parcel.lookups.append(key)
            self._changed()
        answer = self._asked[key]
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            answer.add_done_callback(lambda _: self._unused(key, answer))
            raise

    def deliver(self, found: Mapping[str, Completion | None]) -> None:
        """The driver's answers."""
        for key, reply in found.items():
            self._asked.pop(key).set_result(reply)

    def _unused(self, key: str, answer: asyncio.Future[Completion | None]) -> None:
        if not answer.cancelled() and answer.result() is None:
            self.parcel.abandoned.append(key)

    def take(self) -> Parcel:
        """All that waits."""
        taken, self.parcel = self.parcel, Parcel()
        return taken


class RemoteSink(Sink, Protocol):
    """A sink of a worker."""

    post: Post

    def enter(self, kind: Kind, model: str, cost: Cost) -> None:
        """Enters a cost into the run's ledger."""

    async def close(self) -> None:
        """Stores what is left, or has it ready for the driver."""


class StreamedSink:
    """The driver stores everything: rows are made here, and go with the next parcel."""

    def __init__(self, maker: Maker, post: Post):
        self._maker, self.post = maker, post

    async def lookup(self, key: str) -> Completion | None:
        """As the driver knows it."""
        return await self.post.ask(key)

    def keep(self, request: Request, completion: Completion) -> None:
        """Stores a reply."""
        self._put((request, completion))
        self.post.parcel.kept.append(request.key)

    def abandon(self, key: str) -> None:
        """Another worker may send it."""
        self.post.parcel.abandoned.append(key)

    def add(self, record: Record) -> None:
        """Stores a record."""
        self._put(record)
        self.post.parcel.finished.append(_finished(record))

    async def room(self) -> None:
        """Waits while the driver is behind."""
        while len(self.post.parcel.made) > MOST_WAITING:  # noqa: ASYNC110  as seldom as a full store
            await asyncio.sleep(0.01)

    def enter(self, kind: Kind, model: str, cost: Cost) -> None:
        """For the driver's ledger."""
        self.post.parcel.entered.append((kind, model, cost))

    async def close(self) -> None:
        """Nothing is kept here."""

    def _put(self, thing: Reply | Record) -> None:
        self.post.parcel.made.append(self._maker.made(thing))


class DirectSink(StoreSink):
    """The worker writes into a database that all share; the driver hears of what is committed."""

    def __init__(self, store: Store, run: str, post: Post, *, apart: bool):
        super().__init__(store, run, apart=apart, redone=True)
        self.post = post
        self._loop = asyncio.get_running_loop()

    async def lookup(self, key: str) -> Completion | None:
        """As the driver knows it."""
        return await self.post.ask(key)

    def abandon(self, key: str) -> None:
        """Another worker may send it."""
        self.post.parcel.abandoned.append(key)

    def enter(self, kind: Kind, model: str, cost: Cost) -> None:
        """Written with the next records."""
        self.tally.add(kind, model, cost)

    async def close(self) -> None:
        """Writes what is left."""
        await asyncio.to_thread(self.save)
        await asyncio.sleep(0)  # what `_saved` has handed over comes first

    def _saved(self, things: Sequence[Reply | Record | Made]) -> None:
        super()._saved(things)
        self._loop.call_soon_threadsafe(self._tell, list(things))

    def _tell(self, things: Sequence[Reply | Record | Made]) -> None:
        for thing in things:
            if isinstance(thing, Record):
                self.post.parcel.finished.append(_finished(thing))
            elif isinstance(thing, tuple):
                self.post.parcel.kept.append(thing[0].key)


def _finished(record: Record) -> Finished:
    return Finished(record.arm, record.position, record.repeat, record.error)
