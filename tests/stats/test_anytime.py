"""The betting test: a verdict that may be looked at after every sample."""

from __future__ import annotations

import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsweep.stats import Betting, anytime, epoch_level, mcnemar, paired

MARGIN = 0.02
NEAR_MARGIN = [-1, -MARGIN - 0.001, -MARGIN, -MARGIN + 0.001, 0, 1]
"""Around the margin as fine as the default grid, so the gate's verdict is the same, and computed fast."""
differences = st.lists(st.sampled_from([-1, -0.5, -0.25, 0, 0, 0, 0.1, 0.5, 1]), min_size=1, max_size=120)


def draws(random, n, worse, better):
    """Right-or-wrong differences: −1 with chance `worse`, +1 with chance `better`."""
    chance = random.random(n)
    return np.where(chance < worse, -1.0, np.where(chance < worse + better, 1.0, 0.0))


def regressed(values):
    betting = Betting(0.05, grid=NEAR_MARGIN)
    betting.add(values)
    return betting.interval.high < -MARGIN


def capital_by_the_book(values, m, alpha):
    """(K⁺+K⁻)/2 against m, after one sample and the next, as METHODS and the paper write it."""
    up = down = 1.0
    total, squares, variance = 0.5, 0.25, 0.25
    for t, d in enumerate(values, start=1):
        y = (d + 1) / 2
        stake = math.sqrt(2 * math.log(2 / alpha) / (variance * t * math.log(1 + t)))
        up = up * (1 + np.minimum(0.5 / m, stake) * (y - m))
        down = down * (1 - np.minimum(0.5 / (1 - m), stake) * (y - m))
        total += y
        squares += (y - total / (t + 1)) ** 2
        variance = squares / (t + 1)
        yield (up + down) / 2


@settings(deadline=None)
@given(differences, st.sampled_from([0.3, 0.5, 0.55, 0.9]), st.sampled_from([0.01, 0.05, 0.2]))
def test_the_capital_is_that_of_the_formula(values, m, alpha):
    betting = Betting(alpha)
    betting.add(values)

    capital = list(capital_by_the_book(values, m, alpha))
    assert betting.e_value(2 * m - 1) == pytest.approx(capital[-1], rel=1e-9)
    assert betting.p_value(2 * m - 1) == pytest.approx(1 / max(1, *capital, 1), rel=1e-9)


@settings(deadline=None)
@given(differences, st.sampled_from([0.01, 0.05, 0.2]))
def test_the_ends_are_those_of_a_finer_search_rounded_outwards_by_less_than_0_002(values, alpha):
    betting, fine = Betting(alpha), np.linspace(0, 1, 8002)[1:-1]
    betting.add(values)

    best = np.max(list(capital_by_the_book(values, fine, alpha)), axis=0)
    kept = 2 * fine[best < 1 / alpha] - 1

    assert kept[0] - 0.002 <= betting.interval.low <= kept[0]
    assert kept[-1] <= betting.interval.high <= kept[-1] + 0.002


@settings(deadline=None)
@given(differences, st.lists(st.integers(0, 40), max_size=6))
def test_how_the_differences_are_batched_changes_nothing(values, cuts):
    whole, parts = Betting(), Betting()
    whole.add(values)
    for part in np.split(values, sorted(min(cut, len(values)) for cut in cuts)):
        parts.add(part)

    assert (parts.interval.low, parts.interval.high) == (whole.interval.low, whole.interval.high)
    assert (parts.n, parts.estimate) == (whole.n, pytest.approx(whole.estimate))
    assert parts.p_value() == pytest.approx(whole.p_value())


@settings(deadline=None)
@given(differences)
def test_the_interval_only_shrinks_and_turns_with_the_sign(values):
    looks, turned = anytime(values), anytime([-value for value in values])

    assert [look.n for look in looks] == list(range(1, len(values) + 1))
    for before, after in itertools.pairwise(looks):
        assert before.low <= after.low < after.high <= before.high
    assert [(-look.high, -look.low) for look in turned] == [(look.low, look.high) for look in looks]


@settings(deadline=None)
@given(differences, st.sampled_from([-0.3, -0.02, 0.0, 0.1, 0.3]))
def test_a_difference_outside_the_interval_has_a_p_value_below_alpha(values, difference):
    betting = Betting(0.05)
    betting.add(values)
    interval = betting.interval

    if not interval.low <= difference <= interval.high:
        assert betting.p_value(difference) <= 0.05
    elif interval.low + 0.002 < difference < interval.high - 0.002:
        assert betting.p_value(difference) > 0.05
    assert betting.p_at_most(difference) <= 1
    assert min(betting.p_at_most(difference), betting.p_at_least(difference)) <= 2 * betting.p_value(
        difference
    )


def test_p_values_fall_and_never_rise_again():
    betting, seen = Betting(), []
    for part in ([1.0] * 30, [-1.0] * 30):
        betting.add(part)
        seen.append((betting.p_value(), betting.p_at_most(0), betting.e_value()))

    assert seen[0][0] < 1e-4
    assert seen[1][0] <= seen[0][0]
    assert seen[1][2] < seen[0][2]
    assert seen[0][1] < 1e-4
    assert betting.p_at_least(0.5) <= 1


def test_between_candidates_the_evidence_is_rounded_down():
    values = draws(np.random.default_rng(3), 300, 0.05, 0.30)
    betting = Betting()
    betting.add(values)

    assert betting.e_value(0.0504) <= list(capital_by_the_book(values, 1.0504 / 2, 0.05))[-1]
    assert betting.p_at_most(0.0504) >= betting.p_at_most(0.050)
    assert betting.p_at_least(0.4504) >= betting.p_at_least(0.451)


def test_before_the_first_difference_everything_is_possible():
    betting = Betting()

    assert math.isnan(betting.estimate)
    assert (betting.interval.low, betting.interval.high, betting.n) == (-1, 1, 0)
    assert (betting.e_value(), betting.p_value(), betting.p_at_most(0), betting.p_at_least(0)) == (1, 1, 1, 1)
    betting.add([])
    assert betting.n == 0


def test_where_samples_drift_until_nothing_is_left_the_last_range_stays():
    values = [1.0] * 200 + [-1.0] * 2000
    at_once, one_by_one = Betting(), anytime(values)
    at_once.add(values)

    assert at_once.interval.low < at_once.interval.high
    assert (at_once.interval.low, at_once.interval.high) == one_by_one[-1][1:]
    assert at_once.estimate < at_once.interval.low


def test_looks_choose_what_is_returned_and_not_what_is_found():
    values = draws(np.random.default_rng(2), 400, 0.05, 0.15)

    every, some = anytime(values), anytime(values, looks=[25, 100, 400, 900])

    assert [look.n for look in some] == [25, 100, 400]
    assert some == [every[24], every[99], every[399]]


def test_memory_does_not_grow_with_the_samples():
    values = draws(np.random.default_rng(2), 20_000, 0.1, 0.1)
    betting = Betting()
    betting.add(values[:1000])

    tracemalloc.start()
    betting.add(values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 60_000_000


def test_a_coarse_grid_around_the_margin_gives_the_verdict_of_the_whole_grid():
    random = np.random.default_rng(12)
    verdicts = set()
    for _ in range(20):
        values = draws(random, 1000, 0.10, 0.03)
        whole = Betting()
        whole.add(values)
        assert (whole.interval.high < -MARGIN) == regressed(values)
        verdicts.add(regressed(values))

    assert verdicts == {True, False}


# One look after every single sample: a run fails if the gate would have failed at any of them, and since
# the interval only shrinks, that is the same as failing at the last.
@pytest.mark.parametrize(
    ("worse", "better"), [(0.10, 0.10), (0.02, 0.02), (0.11, 0.09), (0.02, 0.0), (0.31, 0.29)]
)
def test_without_a_regression_the_gate_fails_in_5_of_100_runs_at_most_however_often_it_looks(worse, better):
    assert worse - better <= MARGIN + 1e-12
    random, runs = np.random.default_rng(21), 2000

    alarms = sum(regressed(draws(random, 1000, worse, better)) for _ in range(runs))

    assert alarms / runs <= 0.05


def test_graded_scores_at_the_margin_raise_no_more_alarms():
    random, runs = np.random.default_rng(22), 1000

    alarms = sum(regressed(random.beta(4, 4, 600) * 2 - 1 - MARGIN) for _ in range(runs))

    assert alarms / runs <= 0.05


def test_no_difference_is_called_one_in_5_of_100_runs_at_most_where_peeking_at_mcnemar_does_in_15():
    random, runs, looks = np.random.default_rng(23), 600, range(25, 1001, 25)
    betting = peeking = 0
    for _ in range(runs):
        values = draws(random, 1000, 0.10, 0.10)
        test = Betting(0.05, grid=[-1, -0.001, 0, 0.001, 1])
        test.add(values)
        betting += test.p_value() <= 0.05
        worse, better = np.cumsum(values < 0), np.cumsum(values > 0)
        peeking += any(mcnemar(int(worse[n - 1]), int(better[n - 1])) <= 0.05 for n in looks)

    assert 0.15 <= peeking / runs <= 0.27
    assert betting / runs <= 0.04  # 2.3 % of 2,000 runs


@pytest.mark.parametrize(("n", "worse", "better", "power"), [(200, 0.30, 0.05, 0.9), (500, 0.20, 0.05, 0.85)])
def test_a_plain_regression_is_found(n, worse, better, power):
    random = np.random.default_rng(24)

    found = sum(regressed(draws(random, n, worse, better)) for _ in range(200))

    assert found / 200 >= power


def test_looking_at_will_costs_less_than_twice_the_width():
    values = draws(np.random.default_rng(25), 1000, 0.15, 0.20)
    once = paired((values < 0) * 1, (values > 0) * 1)

    low, high = anytime(values, looks=[1000])[0][1:]

    assert 1.2 < (high - low) / (once.high - once.low) < 2


@given(st.floats(0.001, 0.5), st.integers(1, 40))
def test_all_epochs_together_stay_within_the_level(alpha, epochs):
    assert sum(epoch_level(alpha, epoch) for epoch in range(epochs)) <= alpha
    assert epoch_level(alpha, 0) == alpha / 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Betting().add([0.5, 1.5]), "difference 1.5 lies outside -1 to 1.*divide"),
        (lambda: Betting().add([math.nan]), "difference nan"),
        (lambda: Betting(alpha=0), "alpha"),
        (lambda: Betting(grid=[-1, 0, 0, 1]), "rise from -1 to 1"),
        (lambda: Betting().p_value(1.5), "between -1 and 1"),
        (lambda: epoch_level(0.05, -1), "count from 0"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_refused_difference_leaves_the_test_as_it_was():
    betting = Betting()
    betting.add([0.5])

    with pytest.raises(ValueError, match="outside"):
        betting.add([0.1, 7.0])
    assert betting.n == 1
