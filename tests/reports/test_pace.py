"""How fast a run goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.reports.pace import WINDOW, Moment, Pace, pace


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([], Pace(None, None, None)),
        ([Moment(100, 50, 70)], Pace(None, None, None)),
        ([Moment(100, 50, 70), Moment(100.5, 60, 80)], Pace(None, None, None)),
        ([Moment(100, 50, 70), Moment(102, 70, 110)], Pace(10, 20, 13)),
        ([Moment(0, 0, 0), Moment(100, 50, 70), Moment(110, 70, 90)], Pace(2, 2, 65)),
        ([Moment(100, 50, 70), Moment(105, 50, 70)], Pace(0, 0, None)),
        ([Moment(100, 190, 0), Moment(101, 200, 0)], Pace(10, 0, 0)),
        ([Moment(100, 50, 0), Moment(101, 40, 0)], Pace(0, 0, None)),
    ],
)
def test_a_pace_is_of_the_last_seconds(moments, expected):
    assert pace(moments, 200) == expected


@given(
    st.lists(st.tuples(st.floats(0, 30), st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=20),
    st.integers(0, 2_000),
)
def test_a_pace_is_never_negative_and_ends_at_the_plan(steps, planned):
    at, records, requests, moments = 0.0, 0, 0, []
    for seconds, done, sent in steps:
        at, records, requests = at + seconds, records + done, requests + sent
        moments.append(Moment(at, records, requests))

    found = pace(moments, planned)

    if found.left is not None:
        assert found.left * found.records == pytest.approx(max(0, planned - records))
    assert found.records is None or 0 <= found.records <= 50 * len(steps) / 0.9
    assert found == pace([one for one in moments if one.at >= at - WINDOW], planned)
