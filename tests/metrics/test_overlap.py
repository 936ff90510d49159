from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.metrics.overlap import char_f1, overlap_f1, token_f1
from promptsweep.types import Sample


def wanting(*targets: str) -> Sample:
    return Sample("1", "input", targets)


@pytest.mark.parametrize(
    ("answer", "targets", "f1"),
    [
        ("the cat sat", ["a cat sat down"], 2 * 2 / 5),  # cat, sat of 2 and 3 words without articles
        ("red red blue", ["red blue blue"], 2 * 2 / 6),  # one red and one blue are shared
        ("Paris", ["Rome", "paris!"], 1.0),
        ("Lyon", ["Paris"], 0.0),
        ("", [""], 1.0),
        ("the", ["Paris"], 0.0),
        ("Paris", [], None),
    ],
)
def test_token_f1_counts_shared_words_with_the_best_target(answer, targets, f1):
    assert token_f1(answer, wanting(*targets)) == (None if f1 is None else pytest.approx(f1))


@pytest.mark.parametrize(
    ("answer", "target", "f1"),
    [
        ("서울특별시", "서울", 2 * 2 / 7),
        ("《서울》 시", "서울시", 1.0),
        ("부산", "서울", 0.0),
    ],
)
def test_character_f1_counts_shared_characters_without_brackets_and_spaces(answer, target, f1):
    assert char_f1(answer, wanting(target)) == pytest.approx(f1)


BAGS = st.lists(st.sampled_from("abcd"), max_size=8)


@given(BAGS, BAGS)
def test_f1_is_symmetric_bounded_and_one_only_for_equal_bags(left, right):
    f1 = overlap_f1(left, right)

    assert 0 <= f1 <= 1
    assert f1 == overlap_f1(right, left)
    assert (f1 == 1) == (sorted(left) == sorted(right))
