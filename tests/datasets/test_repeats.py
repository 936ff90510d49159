from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from promptsweep.datasets.repeats import Repeats


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-20, 20), max_size=60))
def test_the_keys_that_came_more_than_once_are_found(keys: list[int]) -> None:
    repeats = Repeats()
    for key in keys:
        repeats.add(key)

    assert repeats.found() == {key for key, count in Counter(keys).items() if count > 1}
