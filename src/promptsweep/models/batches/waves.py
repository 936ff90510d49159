"""Waves: requests that wait together become batches, and each gets its reply when its batch ends."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Collection, Coroutine, Mapping
from typing import IO, TYPE_CHECKING, Any, cast

from promptsweep.errors import LeftRunningError, QuotaError, RequestError, RunFatalError
from promptsweep.models.batch_terms import Terms
from promptsweep.models.batches.batch import Batch, Counts, Future, Waiting, fail
from promptsweep.models.batches.files import line_of, parts_of
from promptsweep.models.batches.notes import Note, Notes
from promptsweep.models.batches.results import Results, fetched
from promptsweep.models.batches.vendor import Vendor
from promptsweep.models.failures import excerpt
from promptsweep.models.replies import Price
from promptsweep.types import Completion, Request

if TYPE_CHECKING:
    from openai.types import Batch as State

QUIET = 1.0
"""Most seconds in which no request joins, after which nothing else can move and the wave goes out."""
AT_ONCE = 200
"""Replies that are handed out before other work has its turn."""
ENDED = frozenset({"completed", "expired", "cancelled", "failed"})


class Waves:
    """Collects requests into batches, sends them, waits, and hands each request its reply."""

    def __init__(self, vendor: Vendor, notes: Notes, model: str, terms: Terms, price: Price, counts: Counts):
        """`model` is the digest under which batches are noted."""
        self._vendor, self._notes, self._model = vendor, notes, model
        self._terms, self._price, self._counts = terms, price, counts
        self._quiet, self._most = min(QUIET, terms.poll), terms.requests
        self._pending: Waiting = {}
        self._joined = 0
        self._running: set[Batch] = set()
        self._earlier: dict[str, Batch] = {}
        """Key → the batch in which an earlier process sent it."""
        self._crowded = False
        """Whether the vendor takes no batch beside one that is under way."""
        self._left = False
        self._timer: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] | None = None
        """Done once it is known what an earlier process sent."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def reply(self, request: Request) -> Completion:
        """The reply, when the request's batch ends. Raises the sorted errors.

        Raises LeftRunningError where `leave` is called meanwhile.
        """
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._spawn(self._recover(self._ready))
        await asyncio.shield(self._ready)
        if self._left:
            raise _left()
        batch = self._earlier.pop(request.key, None)
        if batch is not None and batch.results is not None:
            found = batch.results.outcome(request.key)
            if isinstance(found, Completion):
                self._counts.completed += 1
                return found
            batch = None
        future: Future = asyncio.get_running_loop().create_future()
        if batch is None:
            self._join(request, future)
        else:
            batch.waiting[request.key] = request, future
            if not batch.watched:
                self._take_over(batch)
        return await future

    def leave(self) -> None:
        """Gives up waiting: batches go on at the vendor, and who waits gets LeftRunningError."""
        self._left = True
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(_left())
        for waiting in (self._pending, *(batch.waiting for batch in self._running)):
            fail(waiting, _left())

    async def cancel(self) -> list[str]:
        """Cancels at the vendor what is under way, also what an earlier process began; returns the ids."""
        known = [note for note in self._notes.known(self._model) if not note.ended]
        ids = list((await self._ids(known)).values())
        for batch in ids:
            await self._vendor.cancel(batch)
        return ids

    async def close(self) -> None:
        """Ends all that waits here."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for batch in set(self._earlier.values()):
            if batch.results is not None:
                batch.results.close()
        await self._vendor.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _recover(self, ready: asyncio.Future[None]) -> None:
        """Finds what an earlier process sent, so that nothing is paid twice.

        Batches whose replies it had are read again only where a request asks: kill -9 can cost the last of
        them.
        """
        notes = self._notes.known(self._model)
        try:
            ids = await self._ids(notes)
        except Exception as error:  # noqa: BLE001  handed to those who wait
            if not ready.done():
                ready.set_exception(error)
            return
        for note in notes:
            if note.token in ids:
                batch = Batch(note.token, note.keys, ids[note.token], handed_out=note.ended)
                self._earlier |= dict.fromkeys(note.keys, batch)
                if not note.ended:
                    self._take_over(batch)
        if not ready.done():
            ready.set_result(None)

    async def _ids(self, notes: Collection[Note]) -> Mapping[str, str]:
        """Token → id. A batch without an id was made if it is at the vendor; else its note is removed."""
        ids = {note.token: note.batch for note in notes if note.batch is not None}
        unsure = [note.token for note in notes if note.batch is None]
        found = await self._vendor.find(unsure) if unsure else {}
        for token in unsure:
            if token in found:
                self._notes.created(token, found[token])
            else:
                self._notes.remove(token)
        return {**ids, **found}

    def _take_over(self, batch: Batch) -> None:
        batch.watched = True
        self._running.add(batch)
        self._counts.submitted += len(batch.keys)
        self._spawn(self._watch(batch))

    def _join(self, request: Request, future: Future) -> None:
        self._pending[request.key] = request, future
        self._joined += 1
        self._counts.waiting = len(self._pending)
        if len(self._pending) >= self._most and not self._crowded:
            self._flush()
        else:
            self._flush_soon()

    def _flush_soon(self) -> None:
        if self._pending and self._timer is None:
            self._timer = self._spawn(self._flush_when_quiet())

    async def _flush_when_quiet(self) -> None:
        seen = -1
        while seen != self._joined:
            seen = self._joined
            await asyncio.sleep(self._quiet)
        self._timer = None
        self._flush()

    def _flush(self) -> None:
        """Sends what waits; where the vendor is crowded, one batch, and only while there is no other."""
        if self._crowded and self._running:
            return
        parts = parts_of((request for request, _ in self._pending.values()), self._most, self._terms)
        for part in parts[:1] if self._crowded else parts:
            batch = Batch(secrets.token_hex(16), tuple(part), watched=True)
            batch.waiting = {key: self._pending.pop(key) for key in part}
            self._running.add(batch)
            self._spawn(self._send(batch))
        self._counts.waves += bool(parts)
        self._counts.waiting = len(self._pending)

    async def _send(self, batch: Batch) -> None:
        """Notes, uploads and makes a batch, in this order, and waits for its end."""
        if not batch.waiting:
            return
        notes, vendor, terms = self._notes, self._vendor, self._terms
        with batch.failing():
            notes.begin(self._model, batch.token, batch.keys)
            with cast("IO[bytes]", tempfile.TemporaryFile()) as file:
                file.writelines(line_of(request, terms) for request, _ in batch.waiting.values())
                uploaded = await vendor.upload(file, f"promptsweep-{batch.token}.jsonl")
            batch.id = await vendor.create(uploaded, terms.url, batch.token, notes.run)
            notes.created(batch.token, batch.id)
            self._counts.submitted += len(batch.keys)
            await self._watch(batch)
        self._running.discard(batch)
        if batch.results is not None:
            batch.results.close()

    async def _watch(self, batch: Batch) -> None:
        """Waits for a batch's end, and gives everyone what it brought."""
        with batch.failing():
            state = await self._end_of(batch)
            if state is None:
                self._gone(batch)
            elif state.status == "failed":
                self._refused(batch, state)
            else:
                batch.results = await fetched(state, self._vendor, self._terms, self._price)
                await self._hand_out(batch, batch.results)
                self._notes.ended(batch.token)
        self._running.discard(batch)
        self._flush_soon()

    async def _end_of(self, batch: Batch) -> State | None:
        """Asks after a batch, ever more seldom, until it has ended; None where the vendor has none."""
        wait, at_vendor = self._terms.poll, self._counts.at_vendor
        at_vendor[batch.id] = 0, 0
        try:
            while (state := await self._vendor.state(batch.id)) is not None and state.status not in ENDED:
                if told := state.request_counts:
                    at_vendor[batch.id] = told.completed, told.failed
                await asyncio.sleep(wait)
                wait = min(1.5 * wait, 10 * self._terms.poll)
        finally:
            at_vendor.pop(batch.id, None)
        return state

    async def _hand_out(self, batch: Batch, results: Results) -> None:
        for number, key in enumerate(results.mixed(batch.waiting), start=1):
            if key not in batch.waiting:  # left meanwhile
                continue
            request, future = batch.waiting.pop(key)
            found = results.outcome(key)
            if future.done():  # its caller was cancelled
                continue
            if isinstance(found, Completion):
                self._counts.completed += 1
                future.set_result(found)
            elif batch.handed_out:
                self._join(request, future)
            else:
                self._counts.failed += 1
                future.set_exception(found)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)

    def _gone(self, batch: Batch) -> None:
        """The vendor has forgotten a batch, so what was asked is asked anew."""
        self._notes.remove(batch.token)
        self._counts.submitted -= len(batch.keys)
        for key in batch.keys:
            self._earlier.pop(key, None)
        self._rejoin(batch.waiting)

    def _rejoin(self, waiting: Waiting) -> None:
        self._pending |= waiting
        self._joined += len(waiting)
        self._counts.waiting = len(self._pending)
        waiting.clear()

    def _refused(self, batch: Batch, state: State) -> None:
        """The vendor found the whole batch wanting, and began nothing of it: all but the culprits rejoin."""
        errors = (state.errors.data if state.errors else None) or []
        reasons = [excerpt(f"{one.message} ({one.code})", 150) for one in errors[:3]]
        said = "; ".join(reasons) or "no reason given"
        culprits = {batch.keys[one.line - 1] for one in errors if one.line and one.line <= len(batch.keys)}
        if any(one.code == "token_limit_exceeded" for one in errors):
            self._too_much(batch, said)
        elif not culprits:
            self._notes.remove(batch.token)
            raise RunFatalError(f"the vendor refuses the batch: {said}")
        refused = {key: batch.waiting.pop(key) for key in culprits if key in batch.waiting}
        self._counts.failed += len(refused)
        fail(refused, RequestError(f"refused by the batch's validation: {said}"))
        self._gone(batch)

    def _too_much(self, batch: Batch, said: str) -> None:
        """More tokens than may wait at the vendor: from now on one batch at a time, and smaller ones."""
        if len(self._running) == 1:
            self._most = min(self._most, len(batch.keys)) // 2
        self._crowded = True
        if self._most < 1:
            self._notes.remove(batch.token)
            raise QuotaError(f"a single request is more than may wait at the vendor: {said}")


def _left() -> LeftRunningError:
    return LeftRunningError("its batch goes on at the vendor")
