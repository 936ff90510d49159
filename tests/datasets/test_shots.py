from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsweep.datasets import SELECTORS, Shots, leaks
from promptsweep.errors import ConfigError
from promptsweep.types import Sample

QUESTION = Sample("q", "My card has not arrived in the post.")


def train_of(*pairs: tuple[str, str]) -> list[Sample]:
    return [Sample(str(i), text, (target,)) for i, (text, target) in enumerate(pairs)]


CARDS = train_of(
    ("Where is my new card? It has not arrived.", "arrival"),
    ("How do I change my PIN?", "pin"),
    ("The card I ordered has still not arrived in the post.", "arrival"),
    ("Can I get my money back for this purchase?", "refund"),
    ("I forgot the PIN of my card.", "pin"),
    ("A refund has not shown up on my account.", "refund"),
)


def ids(shots: list[Sample]) -> list[str]:
    return [shot.id for shot in shots]


def test_first_takes_the_first_of_the_file() -> None:
    assert ids(Shots(CARDS).pick(QUESTION, 3, "first")) == ["0", "1", "2"]


def test_random_draws_by_the_seed() -> None:
    draws = {tuple(ids(Shots(CARDS).pick(QUESTION, 3, "random", seed))) for seed in range(20)}

    assert len(draws) > 10
    assert Shots(CARDS).pick(QUESTION, 3, "random", 1) == Shots(CARDS).pick(QUESTION, 3, "random", 1)


def test_more_examples_begin_with_the_same_ones() -> None:
    for select in ("first", "random", "balanced"):
        assert ids(Shots(CARDS).pick(QUESTION, 5, select))[:2] == ids(Shots(CARDS).pick(QUESTION, 2, select))


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30), st.integers(0, 30), st.integers(0, 5))
def test_balanced_alternates_the_targets_as_evenly_as_they_last(
    targets: list[str], k: int, seed: int
) -> None:
    k = min(k, len(targets))
    train = train_of(*((f"text {i}", target) for i, target in enumerate(targets)))

    picked = Counter(shot.targets[0] for shot in Shots(train).pick(QUESTION, k, "balanced", seed))

    most = max(picked.values(), default=0)
    for target, there in Counter(targets).items():
        assert picked[target] >= min(there, most - 1)


def test_balanced_takes_turns() -> None:
    targets = [shot.targets[0] for shot in Shots(CARDS).pick(QUESTION, 6)]

    assert targets[:3] == targets[3:]
    assert len(set(targets[:3])) == 3


def test_balanced_is_random_where_targets_are_no_classes() -> None:
    shots = Shots(CARDS, by_target=False)

    assert shots.pick(QUESTION, 6, "balanced", 3) == shots.pick(QUESTION, 6, "random", 3)


def test_nearest_puts_the_most_alike_right_before_the_question() -> None:
    assert ids(Shots(CARDS).pick(QUESTION, 2, "nearest")) == ["0", "2"]


def test_nearest_finds_korean_by_its_stem() -> None:
    train = train_of(("배송이 너무 늦었어요", "a"), ("가격이 비싸요", "b"), ("화면이 어두워요", "c"))

    assert ids(Shots(train).pick(Sample("q", "배송은 언제 되나요?"), 1, "nearest")) == ["0"]


def test_diverse_passes_over_a_near_copy() -> None:
    train = train_of(
        ("Why has my card not arrived yet?", "a"),
        ("Why has my card not arrived yet??", "a"),
        ("When does the post come?", "b"),
        ("Bananas are yellow", "c"),
    )

    assert ids(Shots(train).pick(QUESTION, 2, "nearest")) == ["1", "0"]
    assert ids(Shots(train).pick(QUESTION, 2, "diverse")) == ["2", "0"]


def test_an_order_seed_shuffles_the_same_examples() -> None:
    shots = Shots(CARDS)
    orders = {tuple(ids(shots.pick(QUESTION, 4, "nearest", order=order))) for order in range(8)}

    assert len(orders) > 3
    assert len({frozenset(order) for order in orders}) == 1


@pytest.mark.parametrize("select", SELECTORS)
@pytest.mark.parametrize("seed", range(3))
def test_the_question_itself_is_never_an_example(select: str, seed: int) -> None:
    train = [*CARDS, Sample("leak", "  MY card has\tnot arrived in the post. ", ("arrival",))]

    picked = Shots(train).pick(QUESTION, 6, select, seed)

    assert sorted(ids(picked)) == sorted(ids(CARDS))


@pytest.mark.parametrize("select", SELECTORS)
def test_where_no_other_is_left_there_is_one_example_fewer(select: str) -> None:
    assert len(Shots(CARDS).pick(CARDS[0], 6, select)) == 5


def test_leaving_out_a_leak_does_not_change_the_draw_of_the_others() -> None:
    drawn = ids(Shots(CARDS).pick(QUESTION, 6, "random"))

    assert ids(Shots(CARDS).pick(CARDS[2], 6, "random")) == [name for name in drawn if name != "2"]


@pytest.mark.parametrize(("k", "train"), [(7, CARDS), (1, []), (-1, CARDS)])
def test_more_examples_than_there_are_is_an_error(k: int, train: list[Sample]) -> None:
    with pytest.raises(ConfigError, match=f"{k} worked .* the train split has {len(train)}"):
        Shots(train).pick(QUESTION, k)


def test_an_unknown_selector_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown selector 'neares'\. Did you mean 'nearest'"):
        Shots(CARDS).pick(QUESTION, 1, "neares")


@pytest.mark.parametrize("select", SELECTORS)
def test_no_examples_need_no_train_split(select: str) -> None:
    assert Shots([]).pick(QUESTION, 0, select) == []


@pytest.mark.parametrize("select", SELECTORS)
def test_blank_texts_can_be_picked_from(select: str) -> None:
    assert len(Shots(train_of(("", "a"), (" ", "b"))).pick(QUESTION, 2, select)) == 2


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=8), st.text(max_size=12), st.sampled_from(SELECTORS))
def test_any_texts_at_all_can_be_picked_from(texts: list[str], asked: str, select: str) -> None:
    train, question = train_of(*((text, text[:1]) for text in texts)), Sample("q", asked)

    picked = Shots(train).pick(question, len(train), select)

    leaked = {sample.id for sample in train if leaks([sample], [question])}
    assert sorted(ids(picked)) == sorted({sample.id for sample in train} - leaked)


def test_leaks_pairs_what_both_splits_hold() -> None:
    evaluated = [Sample("e1", "HOW do I change  my pin?"), Sample("e2", "Something else")]

    assert leaks(CARDS, evaluated) == [(CARDS[1], evaluated[0])]
