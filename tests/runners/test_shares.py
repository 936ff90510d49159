"""What workers share: an endpoint's limits, and requests that are the same."""

from __future__ import annotations

import pytest

from promptsweep.errors import ReplayMissError
from promptsweep.models.limits import Limiter, Limits, steady
from promptsweep.runners import Progress
from promptsweep.runners.claims import Claims
from promptsweep.runners.progress import COUNTERS
from promptsweep.runners.shares import Part
from promptsweep.types import Completion, Usage


@pytest.mark.parametrize(("concurrency", "users"), [(16, 1), (16, 4), (10, 4), (7, 3), (4, 4), (1, 1)])
def test_parts_of_the_calls_in_flight_add_up_to_all_of_them(concurrency, users):
    assert sum(Part(users, place).of(concurrency) for place in range(users)) == concurrency


def test_a_limiter_keeps_to_its_part_and_to_its_own_limit():
    limiter, fixed = Limiter(Limits(concurrency=16, requests_per_minute=600), start=16), steady(6)

    Part(users=4, place=0, rates=0.5).apply(limiter)
    Part(users=4, place=1).apply(fixed)

    assert (limiter.concurrency, limiter.most, limiter.share) == (4, 4, 0.125)
    assert fixed.concurrency == 2
    Part().apply(limiter)
    Part().apply(fixed)
    assert (limiter.most, limiter.share) == (16, 1.0)
    assert fixed.concurrency == 6


def test_the_first_to_ask_sends_and_the_next_does_when_it_gives_up_or_is_lost():
    claims = Claims()

    assert claims.take("k", 1)
    assert not claims.take("k", 2)
    assert not claims.take("k", 3)
    assert not claims.take("k", 4)
    assert claims.pass_on("k", 3) is None
    assert claims.pass_on("k", 1) == 2
    assert claims.lose(3) == {}
    assert claims.lose(2) == {"k": 4}
    assert claims.settle("k") == []
    assert claims.take("k", 1)
    assert not claims.take("k", 2)
    assert claims.settle("k") == [2]
    assert claims.take("k", 9)


def test_counters_are_taken_once_and_added_up():
    mine, whole = Progress(0), Progress(9)
    for _ in range(2):
        mine.replied(Completion("good", usage=Usage(10, 2), cost=0.5))
        mine.missed("arm", ReplayMissError("never recorded", explain=lambda: "near"))
        mine.unrecorded.add(7)
        whole.include(mine.take())

    assert (whole.requests, whole.prompt_tokens, whole.cost) == (2, 20, 1.0)
    assert (whole.misses["arm"].records, whole.misses["arm"].nearest, whole.unrecorded) == (2, "near", {7})
    assert not any(getattr(mine.take(), counter) for counter in COUNTERS)
