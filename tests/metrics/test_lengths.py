from __future__ import annotations

import unicodedata

import pytest

from promptsweep.metrics.lengths import complies, within_length
from promptsweep.types import Sample

ANY = Sample("1", "input")


@pytest.mark.parametrize(
    ("answer", "params", "value"),
    [
        ("one two three", {"most": 3}, 1),
        ("one two three", {"most": 2}, 0),
        ("one", {"least": 2, "most": 3}, 0),
        ("오늘은 맑음\n", {"most": 6, "unit": "chars"}, 1),
        (unicodedata.normalize("NFD", "오늘은 맑음"), {"least": 6, "most": 6, "unit": "chars"}, 1),
    ],
)
def test_a_length_is_kept_or_missed(answer, params, value):
    assert within_length(answer, ANY, **params).value == value


@pytest.mark.parametrize(
    ("noted", "tries", "value"),
    [
        ({"words": [6, 1, 3], "complies": True}, None, 1),
        ({"words": [6, 1, 3], "complies": True}, 2, 0),
        ({"chars": [3], "complies": True}, 1, 1),
        ({"words": [6, 7], "complies": False}, None, 0),
    ],
)
def test_compliance_is_read_from_what_the_loop_noted(noted, tries, value):
    assert complies(noted, ANY, tries=tries).value == value


def test_what_no_loop_wrote_has_no_compliance():
    assert complies({"votes": {}}, ANY) is None
