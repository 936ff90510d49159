"""A hard budget: the worst case of a request is reserved before it is sent, and settled afterwards."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

from annotated_types import Ge, Gt, Le

from promptsweep.errors import BudgetReached, ConfigError
from promptsweep.runners.costs import Cost

PER_USD = 10**12
"""Dollars are counted in whole picodollars, so that sums are exact."""
STRIDE = 100
"""A budget is authorised in about so many strides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a run may spend at most, in all its executions together; None: no limit."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    usd: Annotated[float, Ge(0), Le(1e6)] | None = None
    """US dollars. 0 allows only what is free."""
    tokens: Annotated[int, Ge(1)] | None = None
    """Of prompts and replies."""
    requests: Annotated[int, Ge(1)] | None = None
    """Sent, retries included."""
    seconds: Annotated[float, Gt(0)] | None = None
    """Wall time of one execution: nothing is sent later. A resumed run has it anew."""

    def check(self, worst: Cost, what: str = "a request") -> None:
        """Raises ConfigError where `worst` is unknown in what is limited, so that no limit could be kept."""
        if worst.tokens is None and (self.tokens is not None or (self.usd is not None and worst.usd is None)):
            raise ConfigError(
                f"the budget cannot be kept: {what} sets no max_tokens, so what a request costs at most is "
                "unknown. Set it under `params`"
            )
        if worst.usd is None and self.usd is not None:
            raise ConfigError(
                f"the budget in usd cannot be kept: the price of {what} is unknown. Set it under `prices` in "
                "runners/models.yaml, or limit `tokens` or `requests` instead"
            )


class Amounts(NamedTuple):
    """Picodollars, tokens and requests: whole numbers, or `inf` for a limit that nothing reaches."""

    usd: float
    tokens: float
    requests: float

    def plus(self, other: Amounts, sign: int = 1) -> Amounts:
        """The sum, or with -1 the difference."""
        usd, tokens, requests = other
        return Amounts(self.usd + sign * usd, self.tokens + sign * tokens, self.requests + sign * requests)

    def within(self, other: Amounts) -> bool:
        """Whether none is greater."""
        return self.usd <= other.usd and self.tokens <= other.tokens and self.requests <= other.requests


def _amounts(cost: Cost) -> Amounts:
    return Amounts(round((cost.usd or 0.0) * PER_USD), cost.tokens or 0, cost.requests)


def _cost(amounts: Amounts) -> Cost:
    return Cost(amounts.usd / PER_USD, int(amounts.tokens), int(amounts.requests))


@dataclass(eq=False, slots=True)
class Reservation:
    """The worst case of an attempt, set aside until it is settled or released."""

    worst: Cost
    amounts: Amounts
    open: bool = True


class Budget:
    """Lets a request pass only if all that is under way can reach its worst case within the limits.

    While others are under way that may cost less than feared, a request that does not fit waits for them, in
    order of arrival; it is refused once even their costing nothing would not help.

    `spent` is what earlier executions of the run cost. `authorise` is called before the sum of what is spent
    and reserved exceeds what it was last called with, about a hundredth of the limits further each time: who
    writes that down knows after a crash what can have been spent at most.
    """

    def __init__(
        self,
        allowance: Allowance,
        spent: Cost = Cost(),  # noqa: B008  frozen
        *,
        authorise: Callable[[Cost], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.allowance, self._authorise, self._clock = allowance, authorise, clock
        self._limit = _limits(allowance)
        self._spent, self._reserved = _amounts(spent), _amounts(Cost())
        self._authorised = _ahead(self._spent, self._limit, 0)
        self._waiting: deque[tuple[Amounts, asyncio.Future[None]]] = deque()
        self._began = clock()

    @property
    def spent(self) -> Cost:
        """What has been settled, earlier executions included."""
        return _cost(self._spent)

    @property
    def elapsed(self) -> float:
        """Seconds since the execution began."""
        return self._clock() - self._began

    async def reserve(self, worst: Cost) -> Reservation:
        """Sets the worst case of one attempt aside.

        Raises BudgetReached where it could exceed the limits, ConfigError where it is unknown.
        """
        self.allowance.check(worst)
        amounts = _amounts(worst)
        await self.take(amounts)
        return Reservation(worst, amounts)

    async def take(self, amounts: Amounts) -> None:
        """Sets amounts aside that `give` gives back. Raises as `reserve`."""
        self.in_time()
        if reason := self._excess(amounts):
            raise BudgetReached(reason)
        if self._waiting or not self.fits(amounts):
            await self._turn(amounts)
        else:
            self._take(amounts)

    def give(self, amounts: Amounts, paid: Amounts) -> None:
        """Of what was set aside, so much is not needed any more, or was paid."""
        self._reserved = self._reserved.plus(amounts, -1)
        self._spent = self._spent.plus(paid)
        self._admit()

    @property
    def awaited(self) -> bool:
        """Whether anyone waits for what others may give back."""
        return bool(self._waiting)

    def in_time(self) -> None:
        """Raises BudgetReached when the time is up. To be asked once more when waiting is over."""
        seconds = self.allowance.seconds
        if seconds is not None and self.elapsed >= seconds:
            raise BudgetReached(f"the budget of {seconds:g} seconds is reached")

    def settle(self, reservation: Reservation, actual: Cost | None = None) -> None:
        """Replaces the reservation by what was paid; None: nobody knows, so the worst case counts."""
        self._close(reservation, _amounts(reservation.worst if actual is None else actual))

    def release(self, reservation: Reservation) -> None:
        """Gives back what was set aside for an attempt that was not sent."""
        self._close(reservation, _amounts(Cost()))

    def _close(self, reservation: Reservation, paid: Amounts) -> None:
        if not reservation.open:
            raise ValueError("a reservation is settled or released once")
        reservation.open = False
        self.give(reservation.amounts, paid)

    def fits(self, amounts: Amounts) -> bool:
        """Whether the limits hold with so much more."""
        return self._spent.plus(self._reserved).plus(amounts).within(self._limit)

    def _take(self, amounts: Amounts) -> None:
        reached = self._spent.plus(self._reserved).plus(amounts)
        if self._authorise is not None and not reached.within(self._authorised):
            self._authorised = _ahead(reached, self._limit, 1)
            self._authorise(_cost(_finite(self._authorised, reached)))
        self._reserved = self._reserved.plus(amounts)

    async def _turn(self, amounts: Amounts) -> None:
        """Waits until the amounts are reserved. Who is cancelled gives back what it has got."""
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((amounts, admitted))
        try:
            await admitted
        except asyncio.CancelledError:
            if admitted.done() and not admitted.cancelled() and admitted.exception() is None:
                self._reserved = self._reserved.plus(amounts, -1)
            self._admit()
            raise

    def _admit(self) -> None:
        """Lets those in who fit now, and turns away those who never will."""
        while self._waiting:
            amounts, admitted = self._waiting[0]
            reason = self._excess(amounts)
            if not (admitted.done() or reason or self.fits(amounts)):
                return
            self._waiting.popleft()
            if admitted.done():
                continue
            if reason:
                admitted.set_exception(BudgetReached(reason))
            else:
                self._grant(amounts, admitted)

    def _grant(self, amounts: Amounts, admitted: asyncio.Future[None]) -> None:
        try:
            self._take(amounts)
        except Exception as error:  # noqa: BLE001  belongs to the one who waits, not to the one who settled
            admitted.set_exception(error)
        else:
            admitted.set_result(None)

    def _excess(self, amounts: Amounts) -> str | None:
        """Which limit the amounts would exceed even if all that is under way cost nothing."""
        for name, limit, spent, more in zip(Amounts._fields, self._limit, self._spent, amounts, strict=True):
            if spent + more > limit:
                what = f"the budget of {_shown(name, limit)} is reached: {_shown(name, spent)} spent"
                return f"{what}, and the next request may take {_shown(name, more)}"
        return None


def _limits(allowance: Allowance) -> Amounts:
    usd = math.inf if allowance.usd is None else round(allowance.usd * PER_USD)
    tokens = math.inf if allowance.tokens is None else allowance.tokens
    return Amounts(usd, tokens, math.inf if allowance.requests is None else allowance.requests)


def _ahead(reached: Amounts, limit: Amounts, strides: int) -> Amounts:
    """So many strides beyond what is reached, but never beyond the limit."""
    return Amounts(
        *(
            most if math.isinf(most) else min(most, now + strides * (most // STRIDE))
            for now, most in zip(reached, limit, strict=True)
        )
    )


def _finite(amounts: Amounts, otherwise: Amounts) -> Amounts:
    pairs = zip(amounts, otherwise, strict=True)
    return Amounts(*(other if math.isinf(mine) else mine for mine, other in pairs))


def _shown(name: str, amount: float) -> str:
    if name != "usd":
        return f"{amount:,.0f} {name.removesuffix('s') if amount == 1 else name}"
    usd = amount / PER_USD
    return f"${usd:,.2f}" if usd >= 1 else f"${usd:.6f}".rstrip("0").rstrip(".")
