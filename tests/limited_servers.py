"""Ways in which vendors count requests, of simulated servers and of real ones, and simulated clients."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import NamedTuple

from promptsweep.models.limits import Limiter
from virtual_time import now

MINUTE = 60.0


class Verdict(NamedTuple):
    """What a server says to one request."""

    admitted: bool
    remaining: float
    reset: float
    """Seconds until the limit is whole again."""
    retry_after: float


class FixedWindow:
    """So many a minute of its own clock."""

    def __init__(self, limit: int, offset: float = 17.0):
        self.limit, self._offset = limit, offset
        self._window, self._used = -1, 0

    def __call__(self) -> Verdict:
        """One request arrives."""
        window, into = divmod(now() + self._offset, MINUTE)
        if window != self._window:
            self._window, self._used = window, 0
        admitted = self._used < self.limit
        self._used += admitted
        return Verdict(admitted, self.limit - self._used, MINUTE - into, MINUTE - into)


class SlidingWindow:
    """So many within any minute."""

    def __init__(self, limit: int):
        self.limit = limit
        self._log: deque[float] = deque()

    def __call__(self) -> Verdict:
        """One request arrives."""
        while self._log and self._log[0] <= now() - MINUTE:
            self._log.popleft()
        admitted = len(self._log) < self.limit
        if admitted:
            self._log.append(now())
        whole = self._log[-1] + MINUTE - now()
        return Verdict(admitted, self.limit - len(self._log), whole, self._log[0] + MINUTE - now())


class LeakyBucket:
    """A bucket that refills evenly and has room for only so many at once."""

    def __init__(self, limit: int, room: int):
        self.limit, self._room = limit, room
        self._level, self._at = float(room), 0.0

    def __call__(self) -> Verdict:
        """One request arrives."""
        rate = self.limit / MINUTE
        self._level = min(self._room, self._level + (now() - self._at) * rate)
        self._at = now()
        admitted = self._level >= 1
        self._level -= admitted
        missing = self._room - self._level
        return Verdict(admitted, self.limit - missing, missing / rate, max(0.0, 1 - self._level) / rate)


Server = Callable[[], Verdict]
Headers = Callable[[float, Verdict], Mapping[str, str]]


def openai_headers(limit: float, verdict: Verdict) -> Mapping[str, str]:
    """The three headers of OpenAI for requests."""
    return {
        "x-ratelimit-limit-requests": str(limit),
        "x-ratelimit-remaining-requests": str(max(0, math.floor(verdict.remaining))),
        "x-ratelimit-reset-requests": f"{max(0.0, verdict.reset):.3f}s",
    }


def anthropic_headers(limit: float, verdict: Verdict) -> Mapping[str, str]:
    """The three headers of Anthropic for requests; the time has whole seconds."""
    whole = datetime.fromtimestamp(math.ceil(time.time() + verdict.reset), UTC)
    return {
        "anthropic-ratelimit-requests-limit": str(limit),
        "anthropic-ratelimit-requests-remaining": str(max(0, math.floor(verdict.remaining))),
        "anthropic-ratelimit-requests-reset": whole.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def no_headers(limit: float, verdict: Verdict) -> Mapping[str, str]:
    """Servers that say nothing."""
    return {}


@dataclass
class Traffic:
    """What a simulated run saw."""

    sent: list[float] = field(default_factory=list)
    """When each request arrived at the server."""
    refused: list[float] = field(default_factory=list)
    """When each 429 was given."""
    seconds: float = 0.0

    def rate(self) -> float:
        """Requests a minute that were answered."""
        return (len(self.sent) - len(self.refused)) / self.seconds * MINUTE

    def refusals(self) -> float:
        """The part of all requests that was refused, 0–1."""
        return len(self.refused) / len(self.sent)


async def drive(
    limiter: Limiter,
    server: Server,
    *,
    requests: int,
    limit: float = 0,
    headers: Headers = no_headers,
    workers: int = 64,
    latency: tuple[float, float] = (0.2, 0.6),
    retry_after: bool = True,
    seed: int = 0,
) -> Traffic:
    """Sends until so many requests are answered, each again and again until it is."""
    traffic, left, chance = Traffic(), count(requests, -1), random.Random(seed)
    began = now()

    async def attempt() -> bool:
        async with limiter.turn(0) as turn:
            seconds = chance.uniform(*latency)
            await asyncio.sleep(seconds / 2)
            verdict = server()
            traffic.sent.append(now())
            await asyncio.sleep(seconds / 2)
            limiter.learn(headers(limit, verdict))
            if verdict.admitted:
                turn.succeeded(seconds)
            else:
                traffic.refused.append(now())
                turn.limited(verdict.retry_after if retry_after else None)
        return verdict.admitted

    async def work() -> None:
        while next(left) > 0:
            while not await attempt():
                pass

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work())
    traffic.seconds = now() - began
    return traffic
