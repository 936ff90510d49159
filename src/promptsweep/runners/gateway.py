"""Answers each request once: from a recording, the store, a call in flight, or the model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from promptsweep.errors import LeftRunningError, ModelError, RateLimitError, ReplayMissError, ServerError
from promptsweep.models import Model, Recalling
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


class Gateway:
    """All calls of one model pass here, and each attempt passes budget and limiter.

    A call that waits to be tried again holds no place: others go on meanwhile.
    """

    def __init__(self, model: Model, sink: Sink, progress: Progress, purse: Purse = Purse()):
        self._model, self._sink, self._progress, self._purse = model, sink, progress, purse
        self._recording = model if isinstance(model, Recalling) else None
        self._breaker = Breaker()
        self._in_flight: dict[str, asyncio.Future[Completion | ModelError | None] | None] = {}
        """Key → how the call ends (None: it was given up), for those who wait for it, if anyone does."""

    async def send(self, request: Request) -> Completion:
        """The reply; raises the model's sorted errors. Identical requests in flight are sent once.

        The first caller makes the call, the others wait; if the first is cancelled, the next makes it anew.
        """
        key = request.key
        while key in self._in_flight:
            joined = await self._joined(key)
            if joined is not None:
                return joined
        self._in_flight[key] = None
        ending: Completion | ModelError | None = None
        try:
            ending = reply = await self._answer(request)
        except ModelError as error:
            ending = error
            raise
        finally:
            waiting = self._in_flight.pop(key)
            if waiting is not None:
                waiting.set_result(ending)
        return reply

    async def _joined(self, key: str) -> Completion | None:
        """The reply to a call in flight, which costs nothing more; None where its caller gave it up."""
        waiting = self._in_flight[key]
        if waiting is None:
            waiting = self._in_flight[key] = asyncio.get_running_loop().create_future()
        ending = await asyncio.shield(waiting)
        if isinstance(ending, ModelError):
            raise ending
        return None if ending is None else self._saved(replace(ending, cached=True))

    def _saved(self, completion: Completion) -> Completion:
        """Counts a reply that nothing was sent for."""
        self._purse.enter("saved", self._model.name, paid(completion))
        self._progress.replied(completion)
        return completion

    async def _answer(self, request: Request) -> Completion:
        stored = None if self._recording is None else await self._recalled(request, self._recording)
        stored = stored or await self._sink.lookup(request.key)
        if stored is not None:
            await asyncio.sleep(0)  # calls that are asked for together must all begin before one of them ends
            return self._saved(stored)
        try:
            completion = await self._called(request)
        except BaseException:
            self._sink.abandon(request.key)
            raise
        self._sink.keep(request, completion)
        self._progress.replied(completion)
        return completion

    async def _recalled(self, request: Request, recording: Recalling) -> Completion | None:
        """The reply of the recording that stands in for the model: before the store's, which may be another.

        A reply that was never recorded is no failure of a model, so the breaker does not count it; nothing is
        sent, so no budget or limit stands in the way.
        """
        try:
            found = recording.recall(request)
        except ReplayMissError:
            self._progress.unrecorded.add(int(request.key, 16))
            raise
        if found is not None:
            self._progress.recalled += 1
            if await self._sink.lookup(request.key) != found:
                self._sink.keep(request, found)
        return found

    def missed(self, arm: str, miss: ReplayMissError) -> str:
        """Counts a record of an arm that lacks a recorded reply; returns its error."""
        return self._progress.missed(arm, miss)

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
            except LeftRunningError:
                raise
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
            if sent and not isinstance(error, LeftRunningError):
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
        expected = _expected_tokens(request) if limiter.counts_tokens else 0
        async with limiter.turn(expected) as turn:
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
