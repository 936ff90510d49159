"""How many samples a difference needs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import normal_sample_size_one_tail

from promptsweep.stats import (
    mcnemar,
    minimum_detectable,
    minimum_detectable_binary,
    sample_size,
    sample_size_binary,
)


def test_three_points_at_a_variance_of_a_ninth_need_969_samples():
    assert sample_size(0.03, 1 / 9) == 969


@given(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.001, 0.2), st.floats(0.5, 0.99))
def test_the_sample_size_is_that_of_statsmodels(delta, omega2, alpha, power):
    spread = math.sqrt(omega2)
    expected = normal_sample_size_one_tail(delta, power, alpha / 2, std_null=spread)

    assert sample_size(delta, omega2, alpha=alpha, power=power) == max(2, math.ceil(expected - 1e-9))
    assert minimum_detectable(expected, omega2, alpha=alpha, power=power) == pytest.approx(delta, abs=1e-9)


@pytest.mark.parametrize(("points", "samples"), [(0.10, 150), (0.05, 621), (0.03, 1737)])
def test_with_a_fifth_discordant_the_known_figures_come_out_rounded_up(points, samples):
    # 149.1, 620.1 and 1,736.4 before rounding: one sample fewer would miss the power.
    assert sample_size_binary(points, 0.2) == sample_size_binary(-points, 0.2) == samples


@given(st.floats(0.01, 1), st.floats(0.001, 1), st.floats(0, 1))
def test_the_detectable_difference_inverts_the_sample_size(delta, omega2, noise):
    n = sample_size(delta, omega2, noise=noise)

    assert minimum_detectable(n, omega2, noise=noise) <= delta * (1 + 1e-9)
    if n > 2:
        assert minimum_detectable(n - 1, omega2, noise=noise) >= delta * (1 - 1e-9)


@given(st.floats(0.01, 1), st.floats(0, 1))
def test_the_detectable_difference_of_proportions_inverts_their_sample_size(discordant, part):
    delta = max(0.005, discordant * part)
    n = sample_size_binary(delta, discordant)

    assert minimum_detectable_binary(n, discordant) <= delta * (1 + 1e-9) or n == 2


def test_repeats_cannot_beat_the_variance_between_samples():
    assert sample_size(0.05, 0.1, noise=0.2 / 1) > sample_size(0.05, 0.1, noise=0.2 / 10)
    assert sample_size(0.05, 0.1, noise=0.2 / 1000) >= sample_size(0.05, 0.1)


def test_the_promised_power_is_met_by_the_exact_test_within_its_caution():
    n, random = sample_size_binary(0.10, 0.2), np.random.default_rng(3)
    runs = random.multinomial(n, [0.05, 0.15, 0.80], size=4000)

    detected = np.mean([mcnemar(int(b), int(c)) <= 0.05 for b, c, _ in runs])

    assert 0.72 <= detected <= 0.84
