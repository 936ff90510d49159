from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promptsweep.datasets.repeats import Repeats

KEYS = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 5), max_size=40)


@given(KEYS)
def test_each_repeat_is_told_with_the_place_where_its_key_first_came(keys: list[int]) -> None:
    repeats = Repeats()
    for key in keys:
        repeats.add(key)

    firsts = [(keys.index(key), place) for place, key in enumerate(keys)]

    assert list(repeats.found()) == [(first, place) for first, place in firsts if first != place]


def test_repeats_are_found_in_every_part_of_many_keys() -> None:
    repeats = Repeats()
    for _ in range(2):
        for key in range(50_000):
            repeats.add(key)

    assert list(repeats.found()) == [(key, key + 50_000) for key in range(50_000)]
