from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from promptsweep.datasets import choose
from promptsweep.datasets.select import shares
from promptsweep.types import Sample

TARGETS = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=60)
LIMITS = st.integers(0, 70)
SEEDS = st.integers()


def samples_of(targets: list[str]) -> list[Sample]:
    return [Sample(str(i), f"q{i}", (target,) if target else ()) for i, target in enumerate(targets)]


@given(TARGETS, LIMITS, SEEDS, st.booleans())
def test_a_draw_has_the_right_size_and_keeps_the_order(
    targets: list[str], limit: int, seed: int, by_target: bool
) -> None:
    samples = samples_of(targets)

    drawn = choose(iter(samples), limit, seed, by_target)

    assert len(drawn) == min(limit, len(samples))
    assert drawn == [sample for sample in samples if sample in drawn]


@given(TARGETS, LIMITS, SEEDS, st.booleans(), st.randoms())
def test_a_draw_hangs_on_neither_the_order_nor_the_repetition(
    targets: list[str], limit: int, seed: int, by_target: bool, shuffler: random.Random
) -> None:
    samples = samples_of(targets)
    drawn = {sample.id for sample in choose(samples, limit, seed, by_target)}
    shuffler.shuffle(samples)

    assert {sample.id for sample in choose(samples, limit, seed, by_target)} == drawn


@given(TARGETS.filter(bool), LIMITS, SEEDS)
def test_each_target_gets_its_share_within_one(targets: list[str], limit: int, seed: int) -> None:
    drawn = Counter((s.targets or ("",))[0] for s in choose(samples_of(targets), limit, seed, by_target=True))
    part = min(limit, len(targets)) / len(targets)

    for target, count in Counter(targets).items():
        assert abs(drawn[target] - part * count) < 1


@given(TARGETS, LIMITS, LIMITS, SEEDS)
def test_a_smaller_draw_is_part_of_a_larger_one(targets: list[str], one: int, other: int, seed: int) -> None:
    small, large = (
        choose(samples_of(targets), limit, seed, by_target=False) for limit in sorted((one, other))
    )

    assert {sample.id for sample in small} <= {sample.id for sample in large}


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 50), min_size=1), LIMITS)
def test_shares_add_up_and_hang_on_no_order(sizes: dict[str, int], limit: int) -> None:
    result = shares(sizes, limit)

    assert sum(result.values()) == min(limit, sum(sizes.values()))
    assert all(result[group] <= sizes[group] for group in sizes)
    assert result == shares(dict(reversed(sizes.items())), limit)


def test_a_draw_is_even() -> None:
    samples = samples_of(["a"] * 20)
    drawn = Counter(sample.id for seed in range(2000) for sample in choose(samples, 5, seed, by_target=False))

    assert all(420 < drawn[sample.id] < 580 for sample in samples)


def test_shares_follow_the_largest_remainder() -> None:
    assert shares({"a": 70, "b": 20, "c": 10}, 7) == {"a": 5, "b": 1, "c": 1}
    assert shares({}, 3) == {}
