"""How well the passages that a strategy retrieved hold the right one; read from what it noted.

`retrieved` is the ids in their order, `gold` those that should be among them. Without both there is no score.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from promptsweep.metrics.define import metric
from promptsweep.types import JSON, Sample, Score


@metric(reads="details")
def recall_at(details: Mapping[str, JSON], sample: Sample, *, k: int = 3) -> Score | None:  # noqa: ARG001
    """Share of the right passages that are among the first k retrieved (0–1)."""
    found = _found(details)
    if found is None:
        return None
    retrieved, gold = found
    missing = [one for one in gold if one not in retrieved[:k]]
    return Score(1 - len(missing) / len(gold), f"not among them: {', '.join(missing)}" if missing else "")


@metric(reads="details")
def reciprocal_rank(details: Mapping[str, JSON], sample: Sample) -> float | None:  # noqa: ARG001
    """1 / the place of the first right passage, 0 without one; its mean is the MRR (0–1)."""
    found = _found(details)
    if found is None:
        return None
    retrieved, gold = found
    return next((1 / place for place, one in enumerate(retrieved, 1) if one in gold), 0.0)


@metric(reads="details")
def ndcg(details: Mapping[str, JSON], sample: Sample, *, k: int = 10) -> float | None:  # noqa: ARG001
    """Normalised discounted cumulative gain of the first k, right passages counting 1 (0–1).

    Σ 1/log₂(place + 1) over the right ones, divided by what the best order would give (Järvelin and
    Kekäläinen 2002).
    """
    found = _found(details)
    if found is None:
        return None
    retrieved, gold = found
    gain = sum(1 / math.log2(place + 1) for place, one in enumerate(retrieved[:k], 1) if one in gold)
    best = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(gold)) + 1))
    return gain / best


def _found(details: Mapping[str, JSON]) -> tuple[list[str], list[str]] | None:
    retrieved, gold = details.get("retrieved"), details.get("gold")
    if not isinstance(retrieved, list) or not isinstance(gold, list) or not gold:
        return None
    return [str(one) for one in retrieved], [str(one) for one in gold]
