"""pass@k of the draws that self-consistency noted."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.errors import ConfigError
from promptsweep.metrics import resolve
from promptsweep.metrics.draws import pass_at
from promptsweep.types import Sample

SEVEN = Sample("1", "3 + 4?", ("7",))


def noted(votes, abstained=0):
    return {"votes": votes, "abstained": abstained}


@pytest.mark.parametrize(
    ("votes", "abstained", "k", "value"),
    [
        ({"7": 1, "8": 1}, 0, 1, 1 / 2),
        ({"7": 1, "8": 1}, 0, 2, 1),
        ({"7.0": 1, "7": 1, "8": 2}, 0, 2, 1 - 1 / 6),  # of six pairs one has no 7
        ({"7": 1}, 3, 2, 1 / 2),
        ({"8": 3}, 0, 3, 0),
        ({"7": 2}, 0, 3, None),
    ],
)
def test_pass_at_k_is_the_chance_that_one_of_k_draws_is_right(votes, abstained, k, value):
    score = pass_at(noted(votes, abstained), SEVEN, k=k)

    assert (score and score.value) == (value if value is None else pytest.approx(value))


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.data())
def test_it_is_the_mean_over_all_subsets(right, data):
    k = data.draw(st.integers(1, len(right)))
    subsets = [any(one) for one in combinations(right, k)]

    votes = {answer: count for answer, count in (("7", sum(right)), ("8", right.count(False))) if count}
    assert pass_at(noted(votes), SEVEN, k=k).value == pytest.approx(sum(subsets) / len(subsets))


def test_an_arm_without_votes_has_no_such_score(tmp_path):
    assert pass_at({}, SEVEN, k=1) is None
    with pytest.raises(ConfigError, match="bad k 0"):
        resolve([{"pass_at": {"k": 0}}], "math", tmp_path)
