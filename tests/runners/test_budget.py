"""The budget: what passes, what waits, what is refused; and that nothing ever exceeds it."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from promptsweep.errors import BudgetReached, ConfigError, IncompleteError
from promptsweep.runners.budget import Allowance, Budget
from promptsweep.runners.costs import Cost


def run(work):
    return asyncio.run(work)


async def reserved(budget, *costs):
    return [await budget.reserve(cost) for cost in costs]


async def until_idle():
    for _ in range(5):
        await asyncio.sleep(0)


def test_exactly_as_many_requests_pass_as_are_allowed():
    budget = Budget(Allowance(requests=3))

    async def ask():
        for reservation in await reserved(budget, *[Cost(requests=1)] * 3):
            budget.settle(reservation)
        with pytest.raises(BudgetReached, match="the budget of 3 requests is reached: 3 requests spent"):
            await budget.reserve(Cost(requests=1))

    run(ask())
    assert budget.spent == Cost(0.0, 0, 3)


@pytest.mark.parametrize("usd", [0.1, 0.3, 0.0000025, 0.07])
def test_ten_requests_of_a_tenth_each_fit_although_floats_do_not_add_up(usd):
    budget = Budget(Allowance(usd=10 * usd))

    async def ask():
        for _ in range(10):
            budget.settle(await budget.reserve(Cost(usd, 0, 1)))
        with pytest.raises(BudgetReached, match="may take"):
            await budget.reserve(Cost(usd, 0, 1))

    run(ask())


def test_what_was_not_used_is_there_for_others():
    budget = Budget(Allowance(tokens=100))

    async def ask():
        for _ in range(5):
            budget.settle(await budget.reserve(Cost(tokens=90)), Cost(tokens=2))

    run(ask())
    assert budget.spent.tokens == 10


def test_a_request_waits_for_those_under_way_that_may_cost_less_than_feared():
    budget = Budget(Allowance(tokens=100))

    async def ask():
        [first] = await reserved(budget, Cost(tokens=90))
        waiting = asyncio.create_task(budget.reserve(Cost(tokens=90)))
        await until_idle()
        assert not waiting.done()
        budget.settle(first, Cost(tokens=10))
        budget.settle(await waiting, Cost(tokens=10))

    run(ask())
    assert budget.spent.tokens == 20


def test_who_waits_is_refused_when_the_others_cost_what_was_feared():
    budget = Budget(Allowance(tokens=100))

    async def ask():
        [first] = await reserved(budget, Cost(tokens=90))
        waiting = [asyncio.create_task(budget.reserve(Cost(tokens=90))) for _ in range(2)]
        await until_idle()
        budget.settle(first)
        return await asyncio.gather(*waiting, return_exceptions=True)

    refused = run(ask())

    assert [str(one) for one in refused] == [
        "the budget of 100 tokens is reached: 90 tokens spent, and the next request may take 90 tokens"
    ] * 2


def test_a_small_request_does_not_overtake_a_large_one_that_waits():
    budget = Budget(Allowance(tokens=100))

    async def ask():
        [first] = await reserved(budget, Cost(tokens=60))
        order = []

        async def ask_for(tokens):
            await budget.reserve(Cost(tokens=tokens))
            order.append(tokens)

        tasks = [asyncio.create_task(ask_for(tokens)) for tokens in (50, 30)]
        await until_idle()
        assert order == []
        budget.settle(first, Cost(tokens=1))
        await asyncio.gather(*tasks)
        return order

    assert run(ask()) == [50, 30]


@pytest.mark.parametrize("granted", [False, True], ids=["while it waits", "just as it is let in"])
def test_a_cancelled_request_gives_its_place_and_its_reservation_back(granted):
    budget = Budget(Allowance(tokens=100))

    async def ask():
        [first] = await reserved(budget, Cost(tokens=60))
        waiting = asyncio.create_task(budget.reserve(Cost(tokens=90)))
        await until_idle()
        if granted:
            budget.release(first)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return await asyncio.wait_for(budget.reserve(Cost(tokens=40)), 1)

    assert run(ask()).open


def test_a_released_reservation_was_never_spent():
    budget = Budget(Allowance(requests=1))

    async def ask():
        budget.release(await budget.reserve(Cost(requests=1)))
        return await budget.reserve(Cost(requests=1))

    assert run(ask()).open
    assert budget.spent == Cost()


def test_a_reservation_is_closed_once():
    budget = Budget(Allowance(requests=1))

    async def ask():
        reservation = await budget.reserve(Cost(requests=1))
        budget.settle(reservation)
        budget.release(reservation)

    with pytest.raises(ValueError, match="once"):
        run(ask())


def test_what_an_earlier_execution_spent_counts():
    budget = Budget(Allowance(usd=2), Cost(1.5, 0, 3))

    async def ask():
        budget.settle(await budget.reserve(Cost(0.5, 0, 1)))
        await budget.reserve(Cost(0.25, 0, 1))

    with pytest.raises(
        BudgetReached, match=r"the budget of \$2.00 is reached: \$2.00 spent.*may take \$0.25"
    ):
        run(ask())


def test_nothing_is_sent_when_the_time_is_up():
    now = [100.0]
    budget = Budget(Allowance(seconds=5), clock=lambda: now[0])
    run(budget.reserve(Cost(requests=1)))

    now[0] = 105.0

    with pytest.raises(BudgetReached, match="the budget of 5 seconds is reached"):
        run(budget.reserve(Cost(requests=1)))


@pytest.mark.parametrize(
    ("allowance", "worst", "message"),
    [
        (Allowance(usd=1), Cost(None, None, 1), "an arm sets no max_tokens"),
        (Allowance(tokens=1), Cost(0.0, None, 1), "an arm sets no max_tokens"),
        (Allowance(usd=1), Cost(None, 10, 1), "the price of an arm is unknown"),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused(allowance, worst, message):
    with pytest.raises(ConfigError, match=message):
        allowance.check(worst, "an arm")
    with pytest.raises(ConfigError, match="cannot be kept"):
        assert run(Budget(allowance).reserve(worst)).worst == worst


@pytest.mark.parametrize(
    ("allowance", "worst"),
    [
        (Allowance(requests=1, seconds=1), Cost(None, None, 1)),
        (Allowance(usd=0), Cost(0.0, None, 1)),
        (Allowance(tokens=100), Cost(None, 10, 1)),
    ],
)
def test_what_is_not_limited_may_be_unknown(allowance, worst):
    run(Budget(allowance).reserve(worst))


def test_a_sum_is_authorised_before_it_can_be_spent_and_seldom():
    authorised = []
    budget = Budget(Allowance(requests=10_000), authorise=authorised.append)

    async def ask():
        for _ in range(5_000):
            reservation = await budget.reserve(Cost(0.5, 7, 1))
            assert budget.spent.requests + 1 <= authorised[-1].requests
            budget.settle(reservation)

    run(ask())
    assert len(authorised) == 50
    assert all(sum_.requests <= 10_000 for sum_ in authorised)
    assert authorised[-1].usd <= 2_500


def test_where_authorising_fails_nothing_is_reserved():
    def fail(_):
        raise IncompleteError("the store cannot be written")

    budget = Budget(Allowance(tokens=10), authorise=fail)

    with pytest.raises(IncompleteError):
        run(budget.reserve(Cost(tokens=1)))
    assert budget.spent == Cost()


micros = st.integers(0, 400_000)
costs = st.builds(lambda usd, tokens: Cost(usd / 1e6, tokens, 1), micros, st.integers(0, 400))


class BudgetMachine(RuleBasedStateMachine):
    """Any interleaving of requests that come, cost, fail, are cancelled; several budgets in one."""

    under_way = Bundle("under_way")
    waiting = Bundle("waiting")

    @initialize(
        usd=st.none() | st.integers(0, 1_000_000),
        tokens=st.none() | st.integers(1, 1_000),
        requests=st.none() | st.integers(1, 6),
    )
    def begin(self, usd, tokens, requests):
        self.loop = asyncio.new_event_loop()
        self.limits = {"usd": usd, "tokens": tokens, "requests": requests}
        allowance = Allowance(usd=None if usd is None else usd / 1e6, tokens=tokens, requests=requests)
        self.authorised = Cost()
        self.budget = Budget(allowance, authorise=self.authorise)
        self.paid = {"usd": 0, "tokens": 0, "requests": 0}
        self.held = []
        self.queue = []

    def authorise(self, cost):
        self.authorised = cost

    def tick(self):
        self.loop.run_until_complete(until_idle())

    @rule(target=waiting, worst=costs)
    def ask(self, worst):
        task = self.loop.create_task(self.budget.reserve(worst))
        self.queue.append((task, worst))
        self.tick()
        return task, worst

    @rule(target=under_way, one=consumes(waiting))
    def send(self, one):
        task, worst = one
        if task.done() and not task.cancelled() and task.exception() is None:
            self.queue.remove(one)
            self.held.append(worst)
            return task.result()
        return None

    @rule(reservation=consumes(under_way), share=st.fractions(0, 1, max_denominator=20))
    def reply(self, reservation, share):
        if reservation is not None:
            worst = reservation.worst
            actual = Cost(int(worst.usd * 1e6 * share) / 1e6, int(worst.tokens * share), 1)
            self.settle(reservation, actual)

    @rule(reservation=consumes(under_way))
    def fail_after_sending(self, reservation):
        if reservation is not None:
            self.settle(reservation, None)

    @rule(reservation=consumes(under_way))
    def fail_before_sending(self, reservation):
        if reservation is not None:
            self.held.remove(reservation.worst)
            self.budget.release(reservation)
            self.tick()

    @rule(one=consumes(waiting))
    def cancel(self, one):
        task, _ = one
        if not task.done():
            task.cancel()
            self.tick()
            self.queue.remove(one)
        elif task.exception() is None:
            self.queue.remove(one)
            self.budget.release(task.result())
            self.tick()

    def settle(self, reservation, actual):
        self.held.remove(reservation.worst)
        self.add(actual or reservation.worst)
        self.budget.settle(reservation, actual)
        self.tick()

    def add(self, cost):
        self.paid["usd"] += round(cost.usd * 1e6)
        self.paid["tokens"] += cost.tokens
        self.paid["requests"] += cost.requests

    def admitted(self):
        done = [(task, worst) for task, worst in self.queue if task.done() and not task.cancelled()]
        return self.held + [worst for task, worst in done if task.exception() is None]

    @invariant()
    def what_is_spent_and_what_may_yet_be_is_within_the_limits(self):
        if not hasattr(self, "budget"):
            return
        feared = dict(self.paid)
        for worst in self.admitted():
            feared["usd"] += round(worst.usd * 1e6)
            feared["tokens"] += worst.tokens
            feared["requests"] += 1
        for name, limit in self.limits.items():
            assert limit is None or feared[name] <= limit
            if limit is not None:
                authorised = Fraction(getattr(self.authorised, name)) * (10**6 if name == "usd" else 1)
                assert feared[name] <= round(authorised)

    @invariant()
    def the_budget_knows_what_was_paid(self):
        if hasattr(self, "budget"):
            spent = self.budget.spent
            known = {"usd": round(spent.usd * 1e6), "tokens": spent.tokens, "requests": spent.requests}
            assert known == self.paid

    @invariant()
    def nobody_waits_for_nobody(self):
        if hasattr(self, "budget") and not self.admitted():
            assert all(task.done() for task, _ in self.queue)

    def teardown(self):
        if not hasattr(self, "loop"):
            return
        for task, _ in self.queue:
            task.cancel()
            self.loop.run_until_complete(asyncio.wait([task]))
        self.loop.close()


BudgetMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestBudgetMachine = BudgetMachine.TestCase
