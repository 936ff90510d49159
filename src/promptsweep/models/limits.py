"""One limiter per endpoint, key and model: calls in flight, requests and tokens a minute, pauses.

A turn that nothing limits costs about a microsecond, and makes no task and no timer. All that wait stand in
one queue, first come first served, with one timer for the first of them.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Annotated, ClassVar, Self

from annotated_types import Ge, Gt

from promptsweep.models import ratelimit_headers
from promptsweep.models.buckets import Bucket
from promptsweep.models.window import START, Window

GUESS = 0.25
"""Seconds of the first pause where the endpoint does not say how long; doubled with each one in a row."""
LONGEST_PAUSE = 60.0
"""Most seconds of one pause; an endpoint that wants more is asked again before."""
SOONEST = 0.001
"""Least seconds of a timer: a loop's clock is not finer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an endpoint allows one model."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    concurrency: Annotated[int, Ge(1)] = 16
    """Most calls in flight."""
    requests_per_minute: Annotated[float, Gt(0)] | None = None
    """Default: as the endpoint's headers say, else unlimited."""
    tokens_per_minute: Annotated[float, Gt(0)] | None = None
    """Prompt and completion together. Default: as the endpoint's headers say, else unlimited."""
    adaptive: bool = True
    """Whether the calls in flight become fewer while the endpoint is slow or refuses, and begin with few."""


@cache
def shared(identity: str, limits: Limits, start: int = START) -> Limiter:  # noqa: ARG001  tells them apart
    """The limiter of an endpoint, key and model within this process; the same for the same arguments.

    `identity` must not hold the key itself, but a digest of it. It serves one event loop at a time.
    """
    return Limiter(limits, start=start)


class Limiter:
    """Admits calls as an endpoint can take them.

    `start` calls may be in flight at first, more as they succeed: `limits.concurrency` for a server of
    one's own, that needs no careful beginning. `clock` counts seconds as the event loop's timers do.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic, *, start: int = START):
        self.limits = limits
        self.in_flight = 0
        """Turns taken and not yet given back."""
        self._clock = clock
        self._window = Window(limits.concurrency, start if limits.adaptive else limits.concurrency)
        self._requests = Bucket(limits.requests_per_minute)
        self._tokens = Bucket(limits.tokens_per_minute)
        self._waiting: OrderedDict[asyncio.Future[None], Turn] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._paused_until = float("-inf")
        self._refusals, self._in_a_row = 0, 0

    def turn(self, tokens: int) -> Turn:
        """`async with limiter.turn(tokens) as turn:` waits until an attempt of so many tokens may be sent."""
        return Turn(self, tokens)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Takes the limits from a response's headers, of whatever status; names in lower case are found."""
        requests, tokens = ratelimit_headers.requests(headers), ratelimit_headers.tokens(headers)
        now = self._clock()
        if requests is not None:
            self._requests.learn(requests, now)
        if tokens is not None:
            self._tokens.learn(tokens, now)

    @property
    def counts_tokens(self) -> bool:
        """Whether a limit of tokens is known, so that a turn's tokens matter."""
        return self._tokens.limit is not None

    @property
    def concurrency(self) -> int:
        """Most calls in flight now, from 1 to `limits.concurrency`."""
        return int(self._window.size)

    @property
    def waiting(self) -> int:
        """Calls in the queue."""
        return len(self._waiting)

    @property
    def paused(self) -> float:
        """Seconds until calls are sent again after a refusal, 0.0 when there is no pause."""
        return max(0.0, self._paused_until - self._clock())

    @property
    def share(self) -> float:
        """The part of the rates that this process may use, above 0, at most 1.0, as at first."""
        return self._requests.share

    @share.setter
    def share(self, part: float) -> None:
        self._requests.share = self._tokens.share = part
        self._serve()

    @property
    def most(self) -> int:
        """Most calls in flight that this process may have, at least 1: `limits.concurrency` at first."""
        return int(self._window.most)

    @most.setter
    def most(self, most: int) -> None:
        self._window.most = min(most, self.limits.concurrency)
        if not self.limits.adaptive:
            self._window.size = self._window.most
        self._serve()

    async def _enter(self, turn: Turn) -> None:
        now = self._clock()
        if not self._waiting and self._delay(turn, now) <= 0:
            self._admit(turn, now)
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting[place] = turn
        if len(self._waiting) == 1:
            self._serve()
        try:
            await place
        except BaseException:
            if self._waiting.pop(place, None) is None and not place.cancelled():
                self._take(turn, -1, self._clock())
                self.in_flight -= 1
            self._serve()
            raise

    def _leave(self) -> None:
        self.in_flight -= 1
        if self._waiting:
            self._serve()

    def _delay(self, turn: Turn, now: float) -> float:
        """Seconds until it may go; infinite while only the end of another turn can make room."""
        if self.in_flight + 1 > self._window.size:
            return float("inf")
        paused = self._paused_until - now
        if paused > 0:
            return paused
        return max(self._requests.wait(1, now), self._tokens.wait(turn.tokens, now))

    def _admit(self, turn: Turn, now: float) -> None:
        self.in_flight += 1
        turn.refusals = self._refusals
        self._take(turn, 1, now)

    def _take(self, turn: Turn, times: int, now: float) -> None:
        self._requests.take(times, now)
        self._tokens.take(times * turn.tokens, now)

    def _serve(self) -> None:
        """Lets in who may go now, in order, and sets the timer for the next."""
        now = self._clock()
        delay = float("inf")
        while self._waiting:
            place, turn = next(iter(self._waiting.items()))
            if not place.done():
                delay = self._delay(turn, now)
                if delay > 0:
                    break
                self._admit(turn, now)
                place.set_result(None)
            del self._waiting[place]
        self._wake_in(delay if self._waiting else float("inf"))

    def _wake_in(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if delay < float("inf"):
            loop = next(iter(self._waiting)).get_loop()
            self._timer = loop.call_later(max(SOONEST, delay), self._serve)

    def _settle(self, unused: int) -> None:
        self._tokens.take(-unused, self._clock())

    def _succeeded(self, turn: Turn, seconds: float) -> None:
        if turn.refusals == self._refusals:
            if self.limits.adaptive:
                self._window.succeeded(seconds, self.in_flight)
            self._in_a_row = 0

    def _limited(self, turn: Turn, retry_after: float | None) -> None:
        now, pause = self._clock(), retry_after
        if turn.refusals == self._refusals:
            self._refusals += 1
            self._in_a_row += 1
            if self.limits.adaptive:
                self._window.refused(restart=self._requests.limit is None)
            self._requests.ease(now)
            self._tokens.ease(now)
            pause = _guess(self._in_a_row) if retry_after is None else retry_after
        self._paused_until = max(self._paused_until, now + min(pause or 0.0, LONGEST_PAUSE))


class Turn:
    """One attempt: sent within `async with`, and reported there.

    An attempt that failed otherwise, by a timeout or a server's error, reports nothing.
    """

    __slots__ = ("_limiter", "refusals", "tokens")

    def __init__(self, limiter: Limiter, tokens: int):
        self._limiter, self.tokens = limiter, tokens
        self.refusals = 0
        """Refusals before it was sent. What was in flight at a refusal says nothing of the time after."""

    def succeeded(self, seconds: float) -> None:
        """The endpoint answered, after so many seconds."""
        self._limiter._succeeded(self, seconds)

    def limited(self, retry_after: float | None) -> None:
        """It refused because it is busy (429, 503, 529): everyone pauses for `retry_after` seconds."""
        self._limiter._limited(self, retry_after)

    def settle(self, tokens_used: int | None) -> None:
        """Replaces the tokens of the turn by what was used; None where the endpoint did not say."""
        if tokens_used is not None:
            self._limiter._settle(self.tokens - tokens_used)
            self.tokens = tokens_used

    async def __aenter__(self) -> Self:
        await self._limiter._enter(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._limiter._leave()


def _guess(in_a_row: int) -> float:
    longest = min(LONGEST_PAUSE, GUESS * 2.0 ** (in_a_row - 1))
    return random.uniform(longest / 2, longest)


def steady(concurrency: int) -> Limiter:
    """The limiter of a model without an endpoint: so many calls in flight, and nothing else."""
    return Limiter(Limits(concurrency=concurrency, adaptive=False))
