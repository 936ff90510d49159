from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promptsweep.datasets.seen import FirstSeen


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 20)))
def test_it_answers_as_a_dictionary_would(keys: list[int]) -> None:
    seen = FirstSeen()
    first: dict[int, int] = {}

    for line, key in enumerate(keys, 1):
        assert seen.line(key, line) == first.setdefault(key, line)


def test_it_grows_without_forgetting() -> None:
    seen = FirstSeen()
    keys = [key * 1024 for key in range(5_000)]

    assert [seen.line(key, line) for line, key in enumerate(keys, 1)] == list(range(1, 5_001))
    assert [seen.line(key, 9_999) for key in keys] == list(range(1, 5_001))
