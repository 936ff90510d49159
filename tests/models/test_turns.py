"""The order, the pauses and the places of calls that wait for their turn, in virtual time."""

from __future__ import annotations

import asyncio
from bisect import bisect_right

import pytest

from limited_servers import SlidingWindow, drive
from promptsweep.models.limits import Limiter, Limits, shared
from virtual_time import now, run


@pytest.mark.parametrize(("asked", "paused"), [(7.0, 7.0), (0.0, 0.0), (86_400.0, 60.0)])
def test_a_refusal_pauses_everyone_for_as_long_as_the_endpoint_asks_up_to_a_minute(asked, paused):
    async def refused():
        limiter = Limiter(Limits(concurrency=64), now)
        async with limiter.turn(0) as turn:
            turn.limited(asked)
        said = limiter.paused
        async with limiter.turn(0):
            return said, now()

    assert run(refused()) == pytest.approx((paused, paused), abs=0.01)


def test_pauses_that_the_endpoint_leaves_open_double_until_a_call_succeeds():
    async def pauses():
        limiter, found = Limiter(Limits(concurrency=64), now), []
        for succeeds in [False] * 6 + [True, False]:
            async with limiter.turn(0) as turn:
                if succeeds:
                    turn.succeeded(0.1)
                else:
                    turn.limited(None)
                    found.append(limiter.paused)
        return found

    *growing, after_success = run(pauses())

    for doubling, pause in enumerate(growing):
        assert 0.125 * 2**doubling <= pause <= 0.25 * 2**doubling + 1e-9
    assert after_success <= 0.25


def test_after_a_pause_calls_come_back_by_and_by():
    async def sent_after_pause():
        limiter = Limiter(Limits(concurrency=64), now, start=64)
        traffic = await drive(limiter, SlidingWindow(500), requests=700, latency=(0.3, 0.3))
        return traffic.sent

    sent = run(sent_after_pause())

    resumed = next(at for at in sent if at > 30)
    within = [
        bisect_right(sent, resumed + seconds) - bisect_right(sent, resumed - 1e-6) for seconds in (0.2, 0.5)
    ]
    assert within[0] == 1
    assert within[1] <= 4


def test_refusals_of_calls_that_were_in_flight_together_count_once():
    async def refused_together():
        limiter = Limiter(Limits(concurrency=64, requests_per_minute=3000), now, start=64)
        turns = [limiter.turn(0) for _ in range(5)]
        for turn in turns:
            await turn.__aenter__()
        for turn in turns:
            turn.limited(1.0)
        return limiter.concurrency

    assert run(refused_together()) == 32


def test_turns_are_given_first_come_first_served_and_small_ones_do_not_overtake():
    async def order():
        limiter, seen = Limiter(Limits(concurrency=4, tokens_per_minute=6000), now), []

        async def work(number, tokens):
            async with limiter.turn(tokens):
                seen.append(number)
                await asyncio.sleep(0.01)

        async with asyncio.TaskGroup() as group:
            for number in range(60):
                group.create_task(work(number, 0 if number % 3 else 500))
                await asyncio.sleep(0.51)
        return seen

    assert run(order()) == list(range(60))


def test_a_call_that_is_cancelled_just_as_it_is_let_in_gives_back_what_it_took():
    async def cancelled():
        limiter = Limiter(Limits(concurrency=1, requests_per_minute=60, tokens_per_minute=60_000), now)
        async with limiter.turn(0):
            waiting = asyncio.create_task(limiter.turn(30_000).__aenter__())
            await asyncio.sleep(5)
        waiting.cancel()
        await asyncio.wait([waiting])
        began = now()
        async with limiter.turn(50):
            return waiting.cancelled(), now() - began, limiter.in_flight

    assert run(cancelled()) == (True, 0, 1)


def test_a_turn_that_nothing_limits_does_not_wait_even_for_the_loop():
    limiter = Limiter(Limits())
    entering = limiter.turn(100).__aenter__()

    with pytest.raises(StopIteration):
        entering.send(None)

    assert limiter.in_flight == 1


def test_an_error_inside_a_turn_gives_its_place_back():
    async def fail():
        limiter = Limiter(Limits(concurrency=1), now)
        for _ in range(3):
            with pytest.raises(OSError, match="reset"):
                async with limiter.turn(0):
                    raise OSError("reset")
        return limiter.in_flight

    assert run(fail()) == 0


def test_a_limiter_serves_one_event_loop_after_the_other():
    limiter = Limiter(Limits(concurrency=1, requests_per_minute=60_000))

    async def burst():
        async def work():
            async with limiter.turn(0):
                await asyncio.sleep(0)

        await asyncio.wait_for(asyncio.gather(*(work() for _ in range(5))), 10)

    async def interrupted():
        async with limiter.turn(0):
            waiting = asyncio.create_task(burst())
            await asyncio.sleep(0)
            waiting.cancel()

    asyncio.run(burst())
    asyncio.run(interrupted())
    asyncio.run(burst())

    assert (limiter.in_flight, limiter.waiting) == (0, 0)


def test_the_same_endpoint_and_limits_share_one_limiter():
    assert shared("a", Limits(concurrency=3)) is shared("a", Limits(concurrency=3))
    assert shared("a", Limits(concurrency=3)) is not shared("b", Limits(concurrency=3))
    assert shared("a", Limits(concurrency=3)) is not shared("a", Limits(concurrency=4))


def test_a_limiter_that_does_not_adapt_pauses_and_keeps_its_concurrency():
    async def refused():
        limiter = Limiter(Limits(concurrency=20, adaptive=False), now)
        before = limiter.concurrency
        async with limiter.turn(0) as turn:
            turn.limited(5.0)
        return before, limiter.concurrency, limiter.paused

    assert run(refused()) == (20, 20, 5.0)
