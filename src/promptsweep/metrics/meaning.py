"""How near an answer is in meaning to its targets: by vectors of whole texts, or of their tokens."""

from __future__ import annotations

from typing import NamedTuple

from promptsweep import embeddings
from promptsweep.metrics.define import metric
from promptsweep.types import Sample, Score


def _embedder(model: str = embeddings.NAME) -> str:
    return model


def _similarity_signature(model: str = embeddings.NAME) -> str:
    return f"model:{embeddings.signature() if model == embeddings.NAME else model}"


def _bertscore_signature() -> str:
    return f"model:{embeddings.signature()}|layer:6|idf:no|rescale:no"


@metric(signature=_similarity_signature, embedder=_embedder, slow=True)
def embedding_similarity(answer: str, sample: Sample, *, model: str = embeddings.NAME) -> float | None:
    """Cosine of the answer's vector and that of the target nearest to it (0–1, none below 0).

    `model` is `minilm`, which knows English, or any `<endpoint>/<model>`; figures of two do not compare.
    """
    targets = [target for target in sample.targets if target.strip()]
    if not targets or not answer.strip():
        return 0.0 if targets else None
    vectors = embeddings.vectors_of(model, [answer, *targets])
    return max(0.0, float((vectors[1:] @ vectors[0]).max()))


@metric(signature=_bertscore_signature, slow=True)
def bertscore(answer: str, sample: Sample) -> Score | None:
    """BERTScore F1 with the target that fits best: the cosine of each token's likest partner (0–1).

    Zhang et al. 2020, with the last layer of minilm, without idf weights or rescaling: what the `bert-score`
    package computes with these weights. Precision and recall are in the reason.
    """
    found = [_bertscore(answer, target) for target in sample.targets]
    if not found:
        return None
    best = max(found, key=lambda one: one.f1)
    return Score(max(0.0, best.f1), f"precision {best.precision:.3f}, recall {best.recall:.3f}")


class BertScore(NamedTuple):
    """Agreement of two texts, token by token."""

    precision: float
    """Mean, over the answer's tokens, of the cosine with the likest token of the target."""
    recall: float
    """The same over the target's tokens."""
    f1: float


def _bertscore(answer: str, target: str) -> BertScore:
    """A text without a token agrees with nothing. As in the package, `[CLS]` and `[SEP]` may be partners."""
    _, given = embeddings.minilm().tokens(answer)
    _, wanted = embeddings.minilm().tokens(target)
    if min(len(given), len(wanted)) <= 2:
        return BertScore(0.0, 0.0, 0.0)
    cosines = given @ wanted.T
    precision = float(cosines.max(axis=1)[1:-1].mean())
    recall = float(cosines.max(axis=0)[1:-1].mean())
    total = precision + recall
    return BertScore(precision, recall, 2 * precision * recall / total if total else 0.0)
