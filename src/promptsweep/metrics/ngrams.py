"""Runs of words: how many of an answer's are different, and how many its source does not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from annotated_types import Ge

from promptsweep.metrics.define import metric
from promptsweep.metrics.tokens import Tokenizer, signed, tokenize
from promptsweep.types import Sample

Length = Annotated[int, Ge(1)]
"""Words of a run."""


def _signature(n: int = 2, tokenizer: Tokenizer = "words") -> str:  # noqa: ARG001
    return f"{signed(tokenizer)}|case:lower"


@metric(kind="descriptive", signature=_signature)
def distinct_n(
    answer: str,
    sample: Sample,  # noqa: ARG001
    *,
    n: Length = 2,
    tokenizer: Tokenizer = "words",
) -> float | None:
    """Share of the answer's runs of n words that are different (distinct-n, 0–1): low for repetitions.

    Li et al. 2016 count over all answers together, which falls with their number; here each answer counts
    alone, and arms of different sizes compare. None for fewer than n words.
    """
    runs = _runs(tokenize(answer, tokenizer), n)
    return len(set(runs)) / len(runs) if runs else None


@metric(kind="descriptive", signature=_signature)
def novel_ngrams(
    answer: str, sample: Sample, *, n: Length = 2, tokenizer: Tokenizer = "words"
) -> float | None:
    """Share of the answer's different runs of n words that the source (the input) does not have (0–1).

    See et al. 2017. None for fewer than n words.
    """
    return novel(tokenize(answer, tokenizer), tokenize(sample.input, tokenizer), n)


def novel(answer: Sequence[str], source: Sequence[str], n: int) -> float | None:
    """The share of the answer's different runs of n that the source lacks; None where it has no run."""
    runs = set(_runs(answer, n))
    return len(runs - set(_runs(source, n))) / len(runs) if runs else None


def _runs(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return list(zip(*(words[start:] for start in range(n)), strict=False))
