"""Slices cover a plan once, whoever is lost; a feed makes jobs of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsweep import api
from promptsweep.runners import Stop
from promptsweep.runners.feed import SlicedFeed
from promptsweep.runners.slices import LARGEST, Slice, Slices
from promptsweep.testing import FunctionModel
from workspaces import mood, rows

MODELS = {name: FunctionModel(lambda _: "good", name=name, concurrency=3) for name in ("a", "b")}


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return planned(tmp_path_factory.mktemp("slices"), 7, repeats=2)


def planned(root: Path, count: int, **sweep):
    files = {"datasets/mood.test.jsonl": rows([(f"Text {i}.", "good") for i in range(count)])}
    content = {"datasets": "mood", "models": ["a", "b"], "strategies": ["zero_shot", "few_shot"], **sweep}
    return api.plan(content, mood(root, **files), models=MODELS)


def jobs(one: Slice, repeats: int) -> set[tuple[int, int, int]]:
    every = {(p, r) for p in range(one.start, one.stop) for r in range(repeats)}
    return {(one.arm, p, r) for p, r in every - one.done}


@settings(deadline=None)
@given(
    done=st.sets(st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(0, 1))),
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from("ab"), st.integers(1, 20), st.booleans()), max_size=30
    ),
)
def test_every_job_is_done_once_whoever_is_lost(plan, done, steps):
    places = {planned.arm.key: i for i, planned in enumerate(plan.arms)}
    slices = Slices(plan, lambda arm, p, r: (places[arm], p, r) in done, workers=3)
    held = {worker: set() for worker in range(3)}
    recorded = []

    def finish(worker, some):
        for job in some:
            slices.recorded(worker, *job)
            recorded.append(job)
            held[worker].discard(job)

    rest = [(0, model, 99, False) for model in "ab" for _ in range(30)]
    for worker, model, wanted, lost in [*steps, *rest]:
        for one in slices.lease(worker, model, wanted):
            held[worker] |= jobs(one, plan.repeats)
        if lost:
            finish(worker, sorted(held[worker])[::2])
            slices.lost(worker)
            held[worker] = set()
    for worker, some in held.items():
        finish(worker, sorted(some))

    every = {(arm, p, r) for arm in range(4) for p in range(7) for r in range(2)}
    assert sorted(recorded) == sorted(every - done)
    assert slices.finished


def test_slices_get_smaller_so_that_workers_end_together(tmp_path):
    plan = planned(tmp_path, 3000, models=["a"], strategies=["zero_shot"])
    slices = Slices(plan, lambda *_: False, workers=2)

    sizes = []
    while found := list(slices.lease(0, "a", 1)):
        sizes += [one.stop - one.start for one in found]

    assert sizes == [1] * 3000
    again = Slices(plan, lambda *_: False, workers=2)
    sizes = [one.stop - one.start for one in again.lease(0, "a", 10_000)]
    assert sizes[0] == LARGEST
    assert sizes[-1] == 1
    assert sizes == sorted(sizes, reverse=True)


def test_only_those_who_hold_a_slice_share_what_is_left(plan):
    slices = Slices(plan, lambda *_: False, workers=2)

    list(slices.lease(0, "a", 1))

    assert slices.holders("a") == {0}
    assert slices.users("a") is None
    list(slices.lease(1, "a", 1000))
    assert slices.users("a") == {0, 1}
    assert not slices.finished


def test_a_feed_runs_no_more_jobs_than_its_part_and_goes_on_when_more_comes(plan):
    async def work():
        feed = SlicedFeed(plan, Stop(), lambda: None)
        model, seen = plan.models[0], []
        lane, running, peak = feed.jobs(model), 0, 0

        async def one():
            nonlocal running, peak
            while True:
                for job in lane:
                    running += 1
                    peak = max(peak, running)
                    await asyncio.sleep(0)
                    running -= 1
                    seen.append((job.position, job.repeat, job.sample.input))
                if not await feed.more(model):
                    return

        workers = [asyncio.create_task(one()) for _ in range(model.concurrency)]
        feed.allow(model.name, 2)
        feed.add(Slice(0, 2, 4, frozenset({(2, 1)})))
        await asyncio.sleep(0.01)
        feed.add(Slice(0, 0, 1))
        await asyncio.sleep(0.01)
        wanted = feed.wanted
        feed.close()
        await asyncio.gather(*workers)
        return seen, peak, wanted

    seen, peak, wanted = asyncio.run(work())
    expected = [(2, 0), (3, 0), (3, 1), (0, 0), (0, 1)]
    assert seen == [(p, r, f"Text {p}.") for p, r in expected]
    assert peak == 2
    assert wanted == {"a": 4, "b": 6}
