"""How workers divide what an endpoint allows: calls in flight, requests and tokens a minute."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from promptsweep.models import Model, Recalling
from promptsweep.models.endpoints import is_url
from promptsweep.models.limits import Limiter


@dataclass(frozen=True, slots=True)
class Part:
    """One worker's part."""

    users: int = 1
    """Among how many it is divided."""
    place: int = 0
    """The worker's place among them, from 0: the first have one call more where it does not divide evenly."""
    rates: float = 1.0
    """The part of the rates that all of them may use together."""

    def of(self, concurrency: int) -> int:
        """Calls in flight, at least 1."""
        return max(1, concurrency // self.users + (self.place < concurrency % self.users))

    def apply(self, limiter: Limiter) -> None:
        """Keeps a limiter to it. Nothing is changed that is right: to be told its share makes it forget."""
        most, share = self.of(limiter.limits.concurrency), self.rates / self.users
        if limiter.most != most:
            limiter.most = most
        if limiter.share != share:
            limiter.share = share


def divided(model: Model) -> bool:
    """Whether all workers ask the same endpoint. A recording, and a model that each has to itself, is not."""
    sends = not isinstance(model, Recalling) or model.sends
    return sends and is_url(model.form.base_url)


def part(model: Model, worker: int, users: Collection[int]) -> Part:
    """The part of one worker; all `users` of the model have theirs, no more of them than it has calls."""
    if not divided(model):
        return Part()
    order = sorted(users)
    place = order.index(worker) if worker in order else len(order)
    return Part(max(1, min(len(order), model.concurrency)), place, model.limiter.share)
