"""How many calls may be in flight, in virtual time."""

from __future__ import annotations

import asyncio
import random

import pytest

from promptsweep.models.limits import Limiter, Limits
from virtual_time import now, run


async def flow(limiter, service, requests, workers=256):
    """Sends to a server that is the asynchronous function `service`; the concurrency after each success."""
    left, seen = iter(range(requests)), []

    async def work():
        for number in left:
            async with limiter.turn(0) as turn:
                began = now()
                await service(number)
                turn.succeeded(now() - began)
                seen.append(limiter.concurrency)

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work())
    return seen


@pytest.mark.parametrize("latency", [0.0001, 0.05, 0.5])
def test_growing_to_the_limit_costs_a_run_of_2000_requests_less_than_5_percent(latency):
    async def timed(start):
        began = now()
        limiter = Limiter(Limits(concurrency=64), now, start=start)
        await flow(limiter, lambda _: asyncio.sleep(latency), 2000)
        return now() - began

    assert run(timed(8)) < 1.05 * run(timed(64))


def test_a_server_of_ones_own_may_be_used_in_full_at_once():
    limiter = Limiter(Limits(concurrency=64), start=64)

    assert limiter.concurrency == 64


@pytest.mark.parametrize("jitter", [0.0, 0.8])
def test_calls_that_only_queue_at_the_server_are_not_sent_and_the_server_stays_busy(jitter):
    async def queueing():
        places, chance, began = asyncio.Semaphore(16), random.Random(1), now()

        async def service(_):
            async with places:
                await asyncio.sleep(0.3 * chance.uniform(1 - jitter, 1 + jitter))

        seen = await flow(Limiter(Limits(concurrency=256), now), service, 8000)
        return seen, now() - began

    seen, seconds = run(queueing())

    assert 16 <= min(seen[4000:]) <= max(seen[4000:]) <= 128
    assert seconds <= 1.02 * 8000 / 16 * 0.3


@pytest.mark.parametrize("jitter", [0.0, 0.8])
def test_longer_answers_are_no_overload(jitter):
    async def longer():
        chance = random.Random(1)

        def service(number):
            seconds = 0.3 if number < 3000 else 5.0
            return asyncio.sleep(seconds * chance.uniform(1 - jitter, 1 + jitter))

        return await flow(Limiter(Limits(concurrency=64), now), service, 6000, workers=64)

    seen = run(longer())

    assert min(seen[3000:]) >= 32
    assert seen[-1] == 64


def test_a_server_that_refuses_more_than_it_can_do_is_kept_busy_with_few_refusals():
    async def crowded():
        limiter, places = Limiter(Limits(concurrency=256), now), {"taken": 0}
        left, outcomes, began = iter(range(4000)), [], now()

        async def attempt():
            async with limiter.turn(0) as turn:
                places["taken"] += 1
                fits = places["taken"] <= 20
                await asyncio.sleep(0.3 if fits else 0.01)
                places["taken"] -= 1
                turn.succeeded(0.3) if fits else turn.limited(None)
            outcomes.append(fits)
            return fits

        async def work():
            for _ in left:
                while not await attempt():
                    pass

        await asyncio.gather(*(work() for _ in range(256)))
        return outcomes, now() - began

    outcomes, seconds = run(crowded())

    assert outcomes.count(False) <= 0.02 * len(outcomes)
    assert seconds <= 1.5 * 4000 / 20 * 0.3
