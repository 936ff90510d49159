"""Adjusted p-values for many comparisons at once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from promptsweep.stats import benjamini_hochberg, holm

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@settings(max_examples=10, deadline=None)
@given(p_values)
def test_holm_equals_statsmodels(values):
    assert holm(values) == pytest.approx(multipletests(values, method="holm")[1], abs=1e-9)


@given(p_values)
def test_benjamini_hochberg_equals_statsmodels_and_scipy(values):
    adjusted = benjamini_hochberg(values)

    assert adjusted == pytest.approx(multipletests(values, method="fdr_bh")[1], abs=1e-9)
    assert adjusted == pytest.approx(false_discovery_control(values), abs=1e-9)


@given(p_values)
def test_adjusting_never_makes_a_claim_easier_and_holm_is_the_stricter(values):
    for raw, explored, strict in zip(values, benjamini_hochberg(values), holm(values), strict=True):
        assert raw <= explored + 1e-12
        assert explored <= strict + 1e-12
        assert strict <= 1


def test_no_comparison_needs_no_adjusting():
    assert holm([]) == benjamini_hochberg([]) == []
