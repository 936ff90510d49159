"""A judge's last line: which scores and preferences are read, and which texts hold none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.answers import preference, rating


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Fine.\nScore: 4", 4),
        ("**Score:** 5", 5),
        ("Score: **3**", 3),
        ("> Final score: 2/5", 2),
        ("점수: 4", 4),
        ("이유를 씁니다.\n점수： 2점", 2),
        ("Score: 2\nNo, on reflection:\nScore: 3", 3),
        ("Score: 5.", 5),
        ("Score: 4.5", None),
        ("Score: 4/10", None),
        ("Score: 10", None),
        ("Score: 0", None),
        ("Score: 1-5", None),
        ("I would say a 4.", None),
        ("The score: 4 is what others might give", None),
        ("", None),
    ],
)
def test_a_score_is_a_whole_number_from_1_to_5_on_a_line_of_its_own(text, value):
    found = rating(text)

    assert (found and found.value) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Shorter.\nVerdict: A", 1),
        ("verdict: b", -1),
        ("**Verdict: Tie**", 0),
        ("Verdict: Answer B", -1),
        ("판정: A", 1),
        ("판정: 무승부", 0),
        ("판정: 답변 B", -1),
        ("Verdict: A\nVerdict: B", -1),
        ("Verdict: A or B", None),
        ("Verdict: A/B", None),
        ("Verdict: Both", None),
        ("A is better", None),
    ],
)
def test_a_preference_is_a_b_or_a_tie(text, value):
    found = preference(text)

    assert (None if found is None else found.value) == value


def test_the_reason_is_what_stands_before_the_verdict():
    found = rating("Clear, but a step is missing.\n\nScore: 4")

    assert found is not None
    assert found.reason == "Clear, but a step is missing."


@given(st.text())
def test_no_text_makes_reading_fail(text):
    for found, values in ((rating(text), range(1, 6)), (preference(text), (-1, 0, 1))):
        assert found is None or found.value in values
