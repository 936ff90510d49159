"""From how many samples a month a machine is cheaper than paying by the call."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.reports.break_even import Machine, break_even
from promptsweep.reports.usage import Usage


def used(usd, calls=1.0):
    return Usage("a", "m", "d", 10, usd, 0, 100.0, 10.0, 0.0, calls)


@pytest.mark.parametrize(
    ("usd", "calls", "machine", "samples", "most"),
    [
        (0.001, 1.0, Machine(300.0, 1_000_000), 300_000, 1_000_000),
        (0.003, 3.0, Machine(300.0, 1_000_000), 100_000, 333_333),
        (0.0009, 1.0, Machine(300.0, 1_000_000), 333_334, 1_000_000),
        (0.001, 1.0, Machine(300.0, 299_999), None, 299_999),
        (0.001, 1.0, Machine(300.0, 300_000), 300_000, 300_000),
        (0.001, 1.0, Machine(0.0, 10), 1, 10),
        (None, 1.0, Machine(300.0, 10), None, 10),
        (0.0, 1.0, Machine(300.0, 10), None, 10),
    ],
    ids=[
        "once",
        "three calls",
        "rounds up",
        "full before",
        "just in time",
        "free machine",
        "?",
        "free calls",
    ],
)
def test_worked_cases(usd, calls, machine, samples, most):
    [found] = break_even([used(usd, calls)], machine)

    assert (found.samples, found.most) == (samples, most)


@given(
    st.floats(1e-6, 1.0), st.integers(1, 20), st.floats(1.0, 1e5), st.integers(1, 10**7), st.integers(1, 50)
)
def test_the_number_is_the_smallest_that_pays_and_none_means_never(usd, calls, price, capacity, machines):
    [found] = break_even([used(usd, float(calls))], Machine(price, capacity))

    if found.samples is not None:
        assert found.samples * usd >= price * (1 - 1e-6)
        assert found.samples == 1 or (found.samples - 1) * usd < price * (1 + 1e-6)
        assert found.samples <= found.most
    else:  # nor do more machines pay, when all of them are full
        samples = machines * capacity / calls
        needed = math.ceil(samples * calls / capacity * (1 - 1e-9))
        assert math.floor(samples / machines) * usd < price * (1 + 1e-6)
        assert needed == machines
