"""What several draws for one sample are worth; read from the votes that self-consistency notes."""

from __future__ import annotations

from collections.abc import Mapping
from math import comb
from typing import Annotated

from annotated_types import Ge

from promptsweep.answers import same_number
from promptsweep.metrics.define import metric
from promptsweep.types import JSON, Sample, Score, nfc


@metric(reads="details")
def pass_at(details: Mapping[str, JSON], sample: Sample, *, k: Annotated[int, Ge(1)] = 1) -> Score | None:
    """Chance that one of k draws is right (pass@k, 0–1), of all the draws that were made.

    1 − C(n−c, k)/C(n, k) for c right ones of n (Chen et al. 2021): without bias, unlike 1 − (1 − c/n)^k. A
    draw is right where it equals a target, or is the same number; one without an answer is wrong. None for
    other strategies, and where fewer than k draws were made.
    """
    votes = details.get("votes")
    if not isinstance(votes, Mapping) or not sample.targets:
        return None
    made = sum(votes.values()) + int(details.get("abstained", 0))
    right = sum(count for answer, count in votes.items() if _right(answer, sample))
    if made < k:
        return None
    return Score(1 - comb(made - right, k) / comb(made, k), f"{right} of {made} draws are right")


def _right(answer: str, sample: Sample) -> bool:
    return any(nfc(answer) == nfc(target) or same_number(answer, target) for target in sample.targets)
