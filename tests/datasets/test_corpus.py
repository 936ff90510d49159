"""Passages: cut in parts, ranked by vectors, and two rankings made one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.datasets.corpus import Corpus, Passage, fuse, parts
from promptsweep.types import Sample

TEXTS = st.text("ab가나. \n", max_size=60)


@pytest.mark.parametrize(
    ("text", "size", "overlap", "found"),
    [
        ("one two three four", 9, 0, ["one two", "three", "four"]),
        ("one two three four", 10, 4, ["one two", "two three", "four"]),
        ("one two three four", 99, 9, ["one two three four"]),
        ("기차는 아침에 떠난다", 8, 0, ["기차는 아침에", "떠난다"]),
        ("abcdefgh", 3, 0, ["abc", "def", "gh"]),
        ("", 5, 0, []),
    ],
)
def test_parts_end_between_words_and_share_the_last_ones(text, size, overlap, found):
    assert list(parts(text, size, overlap)) == found


@given(TEXTS, st.integers(1, 12), st.data())
def test_parts_are_short_enough_and_hold_every_word(text, size, data):
    overlap = data.draw(st.integers(0, size - 1))
    found = list(parts(text, size, overlap))

    assert all(0 < len(part) <= size and part in text for part in found)
    assert {word for word in text.split() if len(word) <= size} <= {
        word for part in found for word in part.split()
    }
    if overlap == 0:
        assert "".join("".join(found).split()) == "".join(text.split())


def test_parts_of_a_passage_keep_its_id():
    corpus = Corpus([Passage("bridge", "Cast in nine pieces."), Passage("oats", "Oats.")]).split(12, 0)

    assert corpus.passages == (
        Passage("bridge", "Cast in nine", 1),
        Passage("bridge", "pieces.", 2),
        Passage("oats", "Oats.", 1),
    )


def test_fusion_adds_the_reciprocal_ranks():
    """By hand: 7 is 1st and 3rd (1/61 + 1/63 = .03227), 8 2nd and 1st (1/62 + 1/61 = .03252)."""
    assert fuse([[7, 8, 9], [8, 4, 7]]) == [8, 7, 4, 9]


def test_passages_are_ranked_by_vectors_alone_or_with_their_words():
    corpus = Corpus([Passage("a", "red apples"), Passage("b", "green pears"), Passage("c", "blue plums")])
    vectors, query = np.eye(3, dtype=np.float32), np.array([0.1, 0.2, 0.9], np.float32)
    ranked = lambda fused: [one.id for one in corpus.near("green pears", 3, vectors, query, fused=fused)]  # noqa: E731

    assert ranked(fused=False) == ["c", "b", "a"]
    assert ranked(fused=True)[0] == "b"


def test_a_blank_context_is_no_passage():
    corpus = Corpus.of(
        [Sample("1", "?", fields={"context": " "}), Sample("2", "?", fields={"context": "x"})], None
    )

    assert [one.text for one in corpus.passages] == ["x"]
