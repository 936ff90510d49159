"""The limiter against servers that count in different ways, in virtual time."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limited_servers import (
    FixedWindow,
    LeakyBucket,
    SlidingWindow,
    Verdict,
    anthropic_headers,
    drive,
    no_headers,
    openai_headers,
)
from promptsweep.models.limits import Limiter, Limits
from virtual_time import now, run

SERVERS = {
    "fixed window": lambda: FixedWindow(3000),
    "sliding window": lambda: SlidingWindow(3000),
    "bucket of a minute": lambda: LeakyBucket(3000, 3000),
    "bucket with room for 20": lambda: LeakyBucket(3000, 20),
    "bucket with room for 10": lambda: LeakyBucket(3000, 10),
}
every_server = pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
CONFIGURED = Limits(concurrency=64, requests_per_minute=3000)
UNKNOWN = Limits(concurrency=64)


@every_server
@pytest.mark.parametrize(
    ("limits", "headers"),
    [
        (CONFIGURED, no_headers),
        (UNKNOWN, openai_headers),
        (UNKNOWN, anthropic_headers),
        (CONFIGURED, openai_headers),
    ],
)
def test_a_run_reaches_the_rate_and_is_hardly_ever_refused(server, limits, headers):
    traffic = run(_run(server(), limits, headers, requests=6000))

    assert traffic.rate() >= 0.95 * 3000
    assert traffic.refusals() <= 0.01


@every_server
def test_a_configured_rate_that_is_too_high_is_refused_for_at_most_one_request_in_a_hundred(server):
    traffic = run(_run(server(), Limits(concurrency=64, requests_per_minute=4500), no_headers, requests=6000))

    assert traffic.rate() >= 0.90 * 3000
    assert traffic.refusals() <= 0.01


@every_server
def test_others_who_use_the_same_key_are_given_way(server):
    async def beside_others():
        shop = server()
        others = asyncio.create_task(_knock(shop, per_minute=1500))
        traffic = await drive(Limiter(UNKNOWN, now), shop, requests=3000, limit=3000, headers=openai_headers)
        others.cancel()
        return traffic

    traffic = run(beside_others())

    assert traffic.rate() >= 0.25 * 3000
    assert traffic.refusals() <= 0.02


@every_server
def test_runs_that_share_a_rate_reach_it_together(server):
    async def three():
        shop, limiters = server(), [Limiter(UNKNOWN, now) for _ in range(3)]
        for limiter in limiters:
            limiter.share = 1 / 3
        runs = [
            drive(limiter, shop, requests=1500, limit=3000, headers=openai_headers, seed=seed)
            for seed, limiter in enumerate(limiters)
        ]
        return await asyncio.gather(*runs)

    for traffic in run(three()):
        assert 0.95 * 1000 <= traffic.rate() <= 1000 * 1.02
        assert traffic.refusals() <= 0.01


def test_tokens_are_paced_as_requests_are_and_corrected_by_what_was_used():
    async def spend(reserved, used):
        limiter, began = Limiter(Limits(tokens_per_minute=60_000), now), now()
        for _ in range(300):
            async with limiter.turn(reserved) as turn:
                turn.settle(used)
        return now() - began

    assert run(spend(500, 500)) == pytest.approx(300 * 500 / 980, rel=0.02)
    assert run(spend(500, None)) == pytest.approx(300 * 500 / 980, rel=0.02)
    assert run(spend(500, 250)) == pytest.approx(300 * 250 / 980, rel=0.02)
    assert run(spend(500, 1000)) == pytest.approx(300 * 1000 / 980, rel=0.02)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 3000), min_size=5, max_size=60), st.integers(600, 60_000))
def test_tokens_in_any_stretch_of_time_stay_within_the_rate_and_one_request(sizes, per_minute):
    async def admissions():
        limiter, seen = Limiter(Limits(tokens_per_minute=per_minute), now), []
        for tokens in sizes:
            async with limiter.turn(tokens):
                seen.append((now(), tokens))
        return seen

    seen = run(admissions())

    burst = max(*sizes, per_minute / 60)
    for first, (start, _) in enumerate(seen):
        spent = 0
        for at, tokens in seen[first:]:
            spent += tokens
            assert spent <= (at - start) * per_minute / 60 + burst + 0.01


def test_a_learned_limit_is_taken_over_when_it_is_stricter_than_the_configured_one():
    async def thirty(limit):
        limiter = Limiter(Limits(requests_per_minute=600), now)
        limiter.learn({"x-ratelimit-limit-requests": limit})
        for _ in range(30):
            async with limiter.turn(0):
                pass
        return now()

    assert run(thirty("60")) == pytest.approx(29.6, abs=1)
    assert run(thirty("6000")) == pytest.approx(3, abs=0.2)


@pytest.mark.parametrize(("remaining", "pace"), [(60, 2.0), (0, 0.5), (590, 9.8)])
def test_what_others_left_is_spread_until_the_limit_is_whole_again(remaining, pace):
    async def rates():
        limiter = Limiter(UNKNOWN, now)
        headers = {"limit": "600", "remaining": str(remaining), "reset": "30s"}
        limiter.learn({f"x-ratelimit-{part}-requests": value for part, value in headers.items()})
        return await _pace(limiter, 12), await asyncio.sleep(30), await _pace(limiter, 100)

    squeezed, _, after = run(rates())

    assert squeezed == pytest.approx(pace, rel=0.1)
    assert after == pytest.approx(9.8, rel=0.1)


def test_what_we_have_sent_ourselves_is_not_taken_for_the_work_of_others():
    async def alone():
        limiter = Limiter(Limits(requests_per_minute=600), now)
        await _pace(limiter, 400)
        limiter.learn(openai_headers(600, Verdict(True, 200, 60, 0)))
        return await _pace(limiter, 100)

    assert run(alone()) == pytest.approx(9.8, rel=0.05)


async def _run(server, limits, headers, requests):
    return await drive(Limiter(limits, now), server, requests=requests, limit=3000, headers=headers)


async def _pace(limiter, requests):
    """Turns a second."""
    began = now()
    for _ in range(requests):
        async with limiter.turn(0):
            pass
    return requests / (now() - began)


async def _knock(server, per_minute):
    while True:
        await asyncio.sleep(60 / per_minute)
        server()
