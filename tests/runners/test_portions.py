"""Workers that spend portions of one budget never exceed it together, and leave nothing unspent."""

from __future__ import annotations

import asyncio
import random

import pytest

from promptsweep.errors import BudgetReached
from promptsweep.runners import Allowance, Budget
from promptsweep.runners.costs import Cost
from promptsweep.runners.portions import NOTHING, Account, Portion

ONE = Cost(usd=0.01, tokens=10, requests=1)
ALLOWANCES = [Allowance(requests=50), Allowance(usd=0.305), Allowance(tokens=400, requests=60)]


class Worker:
    """A portion, and the exchange that carries what it says."""

    def __init__(self, allowance, budget):
        self.budget, self.account = budget, Account(budget)
        self.portion = Portion(allowance, 0.0, lambda: None)
        self.drawing = None

    async def spend(self, chance):
        while True:
            reservation = await self.portion.reserve(ONE)
            await asyncio.sleep(chance.uniform(0, 0.002))
            self.portion.settle(reservation, Cost(usd=0.004, tokens=chance.randint(3, 10), requests=1))

    def exchange(self):
        spare = self.portion.surrender() if self.budget.awaited else NOTHING
        self.account.settle(self.portion.paid, spare)
        if self.portion.asked is not None and self.drawing is None:
            self.drawing = asyncio.create_task(self.draw(*self.portion.asked))

    async def draw(self, first, total):
        try:
            self.portion.grant(await self.account.draw(first, total))
        except BudgetReached as reached:
            self.portion.refuse(str(reached))
        self.drawing = None


@pytest.mark.parametrize("allowance", ALLOWANCES, ids=str)
def test_several_portions_stay_within_one_budget_and_use_it_up(allowance):
    async def work():
        chance, budget = random.Random(1), Budget(allowance)
        workers = [Worker(allowance, budget) for _ in range(3)]
        spending = [asyncio.create_task(one.spend(chance)) for one in workers for _ in range(4)]
        while not all(task.done() for task in spending):
            for one in workers:
                one.exchange()
                assert budget.spent.tokens <= (allowance.tokens or 10**9)
                assert budget.spent.requests <= (allowance.requests or 10**9)
                assert budget.spent.usd <= (allowance.usd or 10**9)
            await asyncio.sleep(0.001)
        ends = await asyncio.gather(*spending, return_exceptions=True)
        for one in workers:
            one.account.settle(one.portion.paid, one.portion.surrender())
        return budget, ends

    budget, ends = asyncio.run(work())
    assert all(isinstance(end, BudgetReached) for end in ends)
    left = Budget(allowance, budget.spent)
    with pytest.raises(BudgetReached):
        asyncio.run(left.reserve(ONE))
    assert budget.spent.requests >= 30


def test_what_a_lost_worker_held_counts_as_spent():
    async def work():
        budget = Budget(Allowance(requests=10))
        account, portion = Account(budget), Portion(Allowance(requests=10), 0.0, lambda: None)
        waiting = [asyncio.create_task(portion.reserve(ONE)) for _ in range(4)]
        await asyncio.sleep(0)
        portion.grant(await account.draw(*portion.asked))
        portion.settle(await waiting[0], ONE)
        account.settle(portion.paid, NOTHING)
        before = budget.spent.requests
        account.lose()
        return before, budget.spent.requests

    assert asyncio.run(work()) == (1, 4)


def test_a_worker_that_started_late_has_only_the_time_that_is_left():
    portion = Portion(Allowance(seconds=60), 61.0, lambda: None)

    with pytest.raises(BudgetReached, match="60 seconds"):
        portion.in_time()
