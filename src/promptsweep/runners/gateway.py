"""Answers each request once: from the store, from a call in flight, or from the model."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from promptsweep.models import Model
from promptsweep.runners.progress import Progress
from promptsweep.runners.sink import Sink
from promptsweep.types import Completion, Request


class Gateway:
    """All calls of one model pass here; `model.concurrency` of them are in flight at most."""

    def __init__(self, model: Model, sink: Sink, progress: Progress):
        self._model, self._sink, self._progress = model, sink, progress
        self._slots = asyncio.Semaphore(model.concurrency)
        self._in_flight: dict[str, asyncio.Future[Completion]] = {}

    async def send(self, request: Request) -> Completion:
        """The reply; raises the model's sorted errors. Identical requests in flight are sent once."""
        waiting = self._in_flight.get(request.key)
        if waiting is not None:
            return replace(await asyncio.shield(waiting), cached=True)
        reply = asyncio.ensure_future(self._answer(request))
        self._in_flight[request.key] = reply
        reply.add_done_callback(lambda _: self._in_flight.pop(request.key, None))
        return await asyncio.shield(reply)

    async def _answer(self, request: Request) -> Completion:
        stored = await self._sink.lookup(request.key)
        if stored is not None:
            self._progress.replied(stored)
            return stored
        async with self._slots:
            completion = await self._model.chat(request)
        self._sink.keep(request, completion)
        self._progress.replied(completion)
        return completion
