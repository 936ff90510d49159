"""Votes over fewer draws, exact over all subsets."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.stats.voting import expected_by_draws

drawn = st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.floats(0, 1)), min_size=1, max_size=9)


def voted(answers):
    """The place of the draw that a vote returns, as the strategy counts it."""
    votes = Counter(answer for answer in answers if answer is not None)
    return answers.index(votes.most_common(1)[0][0]) if votes else 0


@given(drawn)
def test_it_is_the_mean_over_all_subsets(draws):
    answers, scores = map(list, zip(*draws, strict=True))

    expected = [
        fmean(some[voted([answer for answer, _ in some])][1] for some in combinations(draws, size))
        for size in range(1, len(draws) + 1)
    ]

    assert expected_by_draws(answers, scores) == pytest.approx(expected)


@given(drawn)
def test_with_all_draws_it_is_the_vote_itself_and_with_one_the_mean_of_all(draws):
    answers, scores = map(list, zip(*draws, strict=True))

    curve = expected_by_draws(answers, scores)

    assert curve[-1] == pytest.approx(scores[voted(answers)])
    assert curve[0] == pytest.approx(fmean(scores))


def test_a_case_by_hand():
    # {–, x}: x, wrong. {–, y}: y, right. {x, y}: a tie, x came first, wrong.
    assert expected_by_draws([None, "x", "y"], [0, 0, 1]) == pytest.approx([1 / 3, 1 / 3, 0])


def test_forty_draws_take_no_enumeration():
    answers = ["a", "b", "a", "c"] * 10

    curve = expected_by_draws(answers, [answer == "a" for answer in answers])

    assert curve[0] == pytest.approx(0.5)
    assert curve[-1] == 1
    assert all(0 <= value <= 1 for value in curve)
