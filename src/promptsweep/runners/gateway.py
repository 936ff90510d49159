"""Answers each request once: from the store, from a call in flight, or from the model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from promptsweep.errors import ModelError, RateLimitError, ServerError
from promptsweep.models import Model
from promptsweep.models.retry import RETRIED, retry
from promptsweep.runners.breaker import Breaker
from promptsweep.runners.budget import Budget
from promptsweep.runners.costs import Cost, failed, paid, reply_cap, worst_case
from promptsweep.runners.progress import Progress
from promptsweep.runners.sink import Sink
from promptsweep.types import Completion, Request

Kind = Literal["new", "failed", "saved"]
Enter = Callable[[Kind, str, Cost], None]
"""Enters a cost into the ledger: what it is, the model as the sweep names it, how much."""


@dataclass(frozen=True, slots=True)
class Purse:
    """Where money is watched: the hard limit of the run, and the ledger of what was spent."""

    budget: Budget | None = None
    enter: Enter = lambda _kind, _model, _cost: None


@dataclass(eq=False, slots=True)
class _Call:
    """A call in flight, and how many wait for its reply."""

    reply: asyncio.Future[Completion]
    waiting: int = 0


class Gateway:
    """All calls of one model pass here, and each attempt passes budget and limiter.

    A call that waits to be tried again holds no place: others go on meanwhile.
    """

    def __init__(self, model: Model, sink: Sink, progress: Progress, purse: Purse = Purse()):
        self._model, self._sink, self._progress, self._purse = model, sink, progress, purse
        self._breaker = Breaker()
        self._in_flight: dict[str, _Call] = {}

    async def send(self, request: Request) -> Completion:
        """The reply; raises the model's sorted errors. Identical requests in flight are sent once."""
        call = self._in_flight.get(request.key)
        joined = call is not None
        call = call or self._begin(request)
        call.waiting += 1
        try:
            completion = await asyncio.shield(call.reply)
        finally:
            call.waiting -= 1
            if not call.waiting:
                self._leave(request.key, call)
        return replace(completion, cached=True) if joined else completion

    def _begin(self, request: Request) -> _Call:
        call = self._in_flight[request.key] = _Call(asyncio.ensure_future(self._answer(request)))
        call.reply.add_done_callback(lambda _: self._forget(request.key, call))
        return call

    def _leave(self, key: str, call: _Call) -> None:
        """Nobody waits any more: a call that is still under way must not outlive the run."""
        if not call.reply.done():
            self._forget(key, call)
            call.reply.cancel()

    def _forget(self, key: str, call: _Call) -> None:
        if self._in_flight.get(key) is call:
            del self._in_flight[key]

    async def _answer(self, request: Request) -> Completion:
        stored = await self._sink.lookup(request.key)
        if stored is not None:
            self._purse.enter("saved", self._model.name, paid(stored))
            self._progress.replied(stored)
            return stored
        completion = await self._called(request)
        self._sink.keep(request, completion)
        self._progress.replied(completion)
        return completion

    async def _called(self, request: Request) -> Completion:
        """The reply after retries, counted by the breaker."""
        try:
            completion = await self._attempts(request)
        except ModelError as error:
            self._breaker.failed(error)
            raise
        self._breaker.succeeded()
        return completion

    async def _attempts(self, request: Request) -> Completion:
        try:
            return await self._attempt(request)
        except RETRIED as failure:
            self._progress.retries += 1
            return await retry(failure, lambda: self._again(request), self._model.retries)

    async def _again(self, request: Request) -> Completion:
        try:
            return await self._attempt(request)
        except RETRIED:
            self._progress.retries += 1
            raise

    async def _attempt(self, request: Request) -> Completion:
        """One attempt, its worst case set aside before and what it cost entered after."""
        self._breaker.check()
        budget, name = self._purse.budget, self._model.name
        if budget is None:
            try:
                completion = await self._sent(request)
            except ModelError as error:
                self._purse.enter("failed", name, failed(error))
                raise
            self._purse.enter("new", name, paid(completion))
            return completion
        return await self._within(budget, request)

    async def _within(self, budget: Budget, request: Request) -> Completion:
        worst = worst_case(request, self._model)
        reservation = await budget.reserve(worst)
        sent = False

        def leaving() -> None:
            nonlocal sent
            budget.in_time()
            sent = True

        try:
            completion = await self._sent(request, leaving)
        except BaseException as error:
            if sent:
                cost = failed(error, worst)
                budget.settle(reservation, cost)
                self._purse.enter("failed", self._model.name, cost)
            else:
                budget.release(reservation)
            raise
        cost = paid(completion, worst)
        budget.settle(reservation, cost)
        self._purse.enter("new", self._model.name, cost)
        return completion

    async def _sent(self, request: Request, leaving: Callable[[], None] = lambda: None) -> Completion:
        """Sends when the limiter lets it; `leaving` is called right before."""
        limiter = self._model.limiter
        async with limiter.turn(_expected_tokens(request)) as turn:
            leaving()
            try:
                completion = await self._model.chat(request)
            except (RateLimitError, ServerError) as error:
                if isinstance(error, RateLimitError) or error.overloaded:
                    turn.limited(error.retry_after)
                raise
            turn.succeeded(completion.seconds)
            usage = completion.usage
            if usage.prompt is not None:
                turn.settle(usage.prompt + (usage.completion or 0))
        return completion


def _expected_tokens(request: Request) -> int:
    """A cheap guess for limits of tokens a minute; it is replaced by what was used."""
    characters = sum(len(message.content) for message in request.messages)
    return characters // 3 + (reply_cap(request) or 0)
