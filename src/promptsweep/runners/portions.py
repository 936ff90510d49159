"""A budget that several processes spend: each holds a portion, and asks the one budget for more."""

from __future__ import annotations

import math
from collections.abc import Callable

from promptsweep.runners.budget import Allowance, Amounts, Budget

NOTHING = Amounts(0, 0, 0)


class Portion(Budget):
    """What one worker may spend: what it was granted, and never more.

    A request that does not fit waits, and `asked` says what for, until `grant` or `refuse` is called. What
    was reserved and turned out cheaper is kept for the next request, until it is surrendered.
    """

    def __init__(self, allowance: Allowance, elapsed: float, changed: Callable[[], None]):
        """`elapsed` seconds of the allowance's time are over; `changed` is called when more is asked for."""
        super().__init__(allowance)
        self._began -= elapsed
        self._changed = changed
        self._refused: str | None = None
        self._limit = Amounts(*(limit if math.isinf(limit) else 0 for limit in self._limit))
        self._granted = NOTHING

    @property
    def paid(self) -> Amounts:
        """All that was paid until now."""
        return self._spent

    @property
    def asked(self) -> tuple[Amounts, Amounts] | None:
        """What the first request that waits needs at most, and all that wait; None when none does."""
        if not self._waiting:
            return None
        total = NOTHING
        for amounts, _ in self._waiting:
            total = total.plus(amounts)
        return self._waiting[0][0], total

    def grant(self, amounts: Amounts) -> None:
        """So much more may be spent."""
        self._limit, self._granted = self._limit.plus(amounts), self._granted.plus(amounts)
        self._admit()

    def refuse(self, reason: str) -> None:
        """Nothing more will be granted: BudgetReached for those who wait, and those who come."""
        self._refused = reason
        self._admit()

    def surrender(self) -> Amounts:
        """Gives up what is neither paid nor reserved."""
        unused = self._granted.plus(self._spent, -1).plus(self._reserved, -1)
        spare = _positive(unused)
        self._limit, self._granted = self._limit.plus(spare, -1), self._granted.plus(spare, -1)
        return spare

    async def _turn(self, amounts: Amounts) -> None:
        self._changed()
        await super()._turn(amounts)

    def _excess(self, amounts: Amounts) -> str | None:  # noqa: ARG002
        """Whether a request can ever fit is for the whole budget to say."""
        return self._refused


class Account:
    """The whole budget's side of a portion."""

    def __init__(self, budget: Budget):
        self._budget = budget
        self._held, self._paid = NOTHING, NOTHING

    async def draw(self, first: Amounts, total: Amounts) -> Amounts:
        """Grants `total` where there is enough for it, else `first`; waits for that where others hold it.

        Raises BudgetReached where even their giving all back would not help.
        """
        amounts = total if self._budget.fits(total) else first
        await self._budget.take(amounts)
        self._held = self._held.plus(amounts)
        return amounts

    def settle(self, paid: Amounts, surrendered: Amounts) -> None:
        """Takes over what the portion has paid in all, and what it gave up since the last time."""
        since = paid.plus(self._paid, -1)
        self._paid = paid
        self._give(since.plus(surrendered), since)

    def lose(self) -> None:
        """The worker is gone: all that it held may have been spent, so it counts as spent."""
        self._give(self._held, _positive(self._held))

    def _give(self, amounts: Amounts, paid: Amounts) -> None:
        self._held = self._held.plus(amounts, -1)
        self._budget.give(amounts, paid)


def _positive(amounts: Amounts) -> Amounts:
    """Of what nothing limits, requests may have used more than was granted: they did not ask."""
    return Amounts(*(max(0, amount) for amount in amounts))
