"""Vectors written down as text, and read back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from promptsweep.embeddings import PATH, brief, decoded, embeds, encoded, shown, unit, vectors_of
from promptsweep.embeddings.known import knowing
from promptsweep.errors import ConfigError
from promptsweep.types import Message, Request

MATRICES = st.tuples(st.integers(0, 4), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.floats(-1e6, 1e6, width=32))
)


@given(MATRICES)
def test_vectors_are_read_back_as_they_were(vectors):
    assert np.array_equal(decoded(encoded(vectors)), vectors)


@given(MATRICES)
def test_a_unit_vector_has_length_one_or_is_zero(vectors):
    lengths = np.linalg.norm(unit(vectors), axis=1)

    assert all(length == 0 or length == pytest.approx(1, rel=1e-5) for length in lengths)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (encoded(np.zeros((1, 3))), "(1 vector of 3 numbers)"),
        (encoded(np.zeros((2, 3))), "(2 vectors of 3 numbers)"),
        ("vectors: a short introduction", "vectors: a short introduction"),
        ("Answer: 7", "Answer: 7"),
    ],
)
def test_people_are_told_how_many_numbers_there_are(text, told):
    assert shown(text) == told


def test_of_many_texts_people_see_the_first():
    many = Request("e", f"http://x{PATH}", tuple(Message("user", text) for text in "abc"))
    chat = Request("m", "http://x", many.messages)

    assert [message.content for message in brief(many).messages] == ["a", "(and 2 more)"]
    assert brief(chat) is chat
    assert (embeds(many.base_url), embeds(chat.base_url)) == (True, False)


def test_vectors_of_an_endpoint_are_those_that_were_asked_for():
    with knowing({("there/e", "yes"): np.ones(2), ("there/e", "no"): np.zeros(2)}):
        assert vectors_of("there/e", ["no", "yes"]).tolist() == [[0, 0], [1, 1]]
    with pytest.raises(ConfigError, match="there/e is asked for vectors while a run goes on"):
        vectors_of("there/e", ["yes"])
