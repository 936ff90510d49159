"""The bias-corrected, accelerated bootstrap of a mean."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap

from promptsweep.stats.bootstrap import bca, bca_limits
from promptsweep.stats.intervals import z_value
from promptsweep.stats.units import Units

values = st.lists(st.floats(-1, 1), min_size=2, max_size=12)


def test_on_many_skewed_values_it_agrees_with_scipy():
    sample = np.random.default_rng(1).exponential(1.0, 600)

    low, high = bca(Units.of(sample), 0.95, seed=0)

    expected = bootstrap((sample,), np.mean, method="BCa", n_resamples=9_999, batch=500, rng=2)
    width = expected.confidence_interval.high - expected.confidence_interval.low
    assert low == pytest.approx(expected.confidence_interval.low, abs=0.03 * width)
    assert high == pytest.approx(expected.confidence_interval.high, abs=0.03 * width)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("make", [np.random.Generator.exponential, np.random.Generator.random])
def test_on_the_same_resamples_it_is_scipys(make, level):
    sample = make(np.random.default_rng(3), size=40)
    reference = bootstrap((sample,), np.mean, method="BCa", n_resamples=999, confidence_level=level, rng=4)

    limits = bca_limits(Units.of(sample), reference.bootstrap_distribution, z_value(level))

    assert limits == pytest.approx(tuple(reference.confidence_interval), abs=1e-9)


def test_it_reaches_farther_towards_the_long_tail():
    sample = np.random.default_rng(1).exponential(1.0, 60)

    low, high = bca(Units.of(sample), 0.95, seed=0)

    assert high - sample.mean() > 1.1 * (sample.mean() - low)


@settings(max_examples=30, deadline=None)
@given(values, st.floats(0.5, 0.999))
def test_it_turns_with_the_sign_and_repeats_with_the_seed(sample, level):
    low, high = bca(Units.of(sample), level, seed=4)

    assert bca(Units.of([-v for v in sample]), level, seed=4) == pytest.approx((-high, -low), abs=1e-9)
    assert bca(Units.of(sample), level, seed=4) == (low, high)
    assert min(sample) - 1e-12 <= low <= high <= max(sample) + 1e-12


def test_clusters_are_drawn_whole():
    random = np.random.default_rng(2)
    per_cluster = random.normal(0, 1, 30)
    repeated, clusters = np.repeat(per_cluster, 5), np.repeat(np.arange(30), 5)

    assert bca(Units.of(repeated, clusters), 0.95, 0) == pytest.approx(bca(Units.of(per_cluster), 0.95, 0))


def test_memory_stays_flat_with_many_units():
    units = Units.of(np.random.default_rng(5).normal(0, 1, 5_000))
    bca(units, 0.95, 0)

    tracemalloc.start()
    bca(units, 0.95, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 40_000_000
