"""Reliability diagrams and their error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from promptsweep.stats import proportion_interval
from promptsweep.stats.calibration import calibration_error, reliability

answers = st.lists(
    st.tuples(st.integers(0, 20).map(lambda part: part / 20), st.booleans()), min_size=1, max_size=60
)


@given(answers, st.integers(1, 12))
def test_bins_are_those_of_scikit_learn(rows, bins):
    confidences, right = map(list, zip(*rows, strict=True))

    found = reliability(confidences, right, bins=bins)

    truth, predicted = calibration_curve(right, confidences, n_bins=bins, strategy="uniform")
    assert [one.right.value for one in found] == pytest.approx(truth)
    assert [one.confidence for one in found] == pytest.approx(predicted)
    assert sum(one.count for one in found) == len(rows)
    assert all(one.low <= one.confidence <= one.high for one in found)


def test_the_error_is_the_weighed_distance_from_the_diagonal():
    found = reliability([0.2, 0.2, 0.6, 1.0], [0, 1, 1, 1])

    # Two answers at .2 of which half are right, one at .6 and one at 1, both right.
    assert calibration_error(found) == pytest.approx((2 * 0.3 + 0.4 + 0) / 4)
    assert calibration_error([]) is None


def test_a_bins_interval_is_that_of_a_proportion():
    [one] = reliability([0.55] * 8, [1, 1, 1, 0, 1, 1, 0, 1])

    assert one.right == proportion_interval(6, 8)


def test_repeats_of_a_sample_are_no_independent_answers():
    apart = reliability([0.5] * 8, [1, 0] * 4)
    together = reliability([0.5] * 8, [1, 0] * 4, [str(place // 4) for place in range(8)])

    assert (apart[0].right.n, together[0].right.n) == (8, 2)
    assert together[0].count == 8
