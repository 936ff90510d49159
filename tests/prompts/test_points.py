"""Numbered lists: what is a point and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.prompts import numbered_points


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("1. Breathe\n2. Walk", [(1, "Breathe"), (2, "Walk")]),
        ("1) One\n 2) Two ", [(1, "One"), (2, "Two")]),
        ("**1.** Bold point\n- 2. Dashed", [(1, "Bold point"), (2, "Dashed")]),
        ("Costs 3.5 kg\n3.5 kg\n1. Real", [(1, "Real")]),
        ("1. First\n1. Again\n2. Second", [(1, "First"), (2, "Second")]),
        ("1. 운동하기\n2. 물 마시기", [(1, "운동하기"), (2, "물 마시기")]),
        ("No list at all.", []),
        ("1.\n2. Only this", [(2, "Only this")]),
        ("", []),
    ],
)
def test_points_of(text, points):
    assert numbered_points(text) == points


@given(st.text())
def test_any_text_gives_distinct_numbers_and_no_empty_point(text):
    points = numbered_points(text)

    assert len({number for number, _ in points}) == len(points)
    assert all(0 <= number <= 999 for number, _ in points)
