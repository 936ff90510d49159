"""What differs between two texts."""

from __future__ import annotations

import difflib
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.reports.differences import (
    MOST,
    Mark,
    Piece,
    first,
    line_diff,
    marked,
    second,
    word_diff,
    words,
)

BITS = ["good", "bad", " ", ".", "좋다", "é", "👩‍👩‍👧", "\n"]
TEXT = st.text() | st.lists(st.sampled_from(BITS)).map("".join)


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("good", "good", "good"),
        ("good", "bad", "[-good-]{+bad+}"),
        ("Answer: good.", "Answer: bad.", "Answer: [-good-]{+bad+}."),
        ("", "new", "{+new+}"),
        ("It is 12 apples", "It is 15 apples", "It is [-12-]{+15+} apples"),
        ("배송이 빨라요. 긍정", "배송이 늦어요. 부정", "배송이 [-빨라요-]{+늦어요+}. [-긍정-]{+부정+}"),
        ("**bold** [x](y)", "**bold** <b>", "**bold** [-[x](y)-]{+<b>+}"),
    ],
)
def test_words_that_differ_are_marked(one, other, shown):
    assert marked(word_diff(one, other)) == shown


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("don't_stop  now!", ["don", "'", "t_stop", "  ", "now", "!"]),
        ("감사합니다, 네", ["감사합니다", ",", " ", "네"]),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af 글", ["\u1112\u1161\u11ab\u1100\u1173\u11af", " ", "글"]),
        ("cafe\u0301 हिन्दी", ["cafe\u0301", " ", "हिन्दी"]),
        ("👍🏽👩‍👩‍👧x", ["👍🏽", "👩‍👩‍👧", "x"]),
    ],
)
def test_words_are_words_in_any_script(text, cut):
    assert words(text) == cut


@given(TEXT, TEXT)
def test_both_texts_can_be_rebuilt(one, other):
    pieces = word_diff(one, other)

    assert (first(pieces), second(pieces)) == (one, other)
    assert all(piece.text for piece in pieces)
    assert all(a.mark is not b.mark for a, b in pairwise(pieces))


@given(TEXT)
def test_a_text_does_not_differ_from_itself(text):
    assert word_diff(text, text) == ((Piece(Mark.SAME, text),) if text else ())
    assert line_diff(text, text, ("a", "b")) == ""


def test_texts_that_differ_over_very_many_words_are_still_compared_at_once():
    one, other = "a b " * 20_000, "b c " * 20_000 + "end"
    began = time.perf_counter()

    pieces = word_diff("Same. " + one, "Same. " + other)

    assert time.perf_counter() - began < 5
    assert [piece.mark for piece in pieces] == [Mark.SAME, Mark.GONE, Mark.NEW]
    assert len(words(one)) > MOST


def test_lines_are_compared_as_diff_does():
    found = line_diff("one\ntwo\nthree", "one\n2\nthree", ("a", "b"))

    assert found.splitlines() == ["--- a", "+++ b", "@@ -1,3 +1,3 @@", " one", "-two", "+2", " three"]


@given(TEXT, TEXT)
def test_both_sides_can_be_rebuilt_from_a_whole_diff_of_lines(one, other):
    lines = line_diff(one, other, ("a", "b"), context=10_000).split("\n")[3:]
    expected = [] if one == other else [one.split("\n"), other.split("\n")]

    signs = {" ": "  ", "-": "- ", "+": "+ "}
    whole = [signs[line[0]] + line[1:] for line in lines if line]
    assert [list(difflib.restore(whole, side)) for side in (1, 2) if whole] == expected
