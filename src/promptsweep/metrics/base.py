"""What a metric is to those who use it: a score of one answer, or a figure over all answers of an arm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from promptsweep.metrics.resampling import Resampling
from promptsweep.types import JSON, Sample, Score

Reads: TypeAlias = Literal["answer", "reply", "details"]
Kind: TypeAlias = Literal["binary", "graded", "descriptive", "rating", "preference"]
RANGES: Mapping[str, tuple[float, float]] = {"rating": (1.0, 5.0), "preference": (-1.0, 1.0)}
"""Least and best score of the kinds that judges give."""


@dataclass(frozen=True, slots=True)
class Metric:
    """Scores one answer."""

    name: str
    """As printed, with the parameters it was given: `contains(text=foo)`."""
    score: Callable[[Any, Sample], Score | None]
    """From the answer (or what else it reads) and its sample; None where the metric does not apply."""
    kind: Kind
    """binary: 0 or 1. graded: 0–1. descriptive: any number, not better or worse; absent where unparsed.

    Judges give two more: rating, 1–5, and preference, 1 for a win, −1 for a loss, 0 for a tie.
    """
    higher_is_better: bool | None
    """None for descriptive metrics. An unparsed answer gets the worst: 0, or 1 where lower is better."""
    reads: Reads = "answer"
    """Whether it is given the parsed answer, the raw reply, or what the strategy noted (a mapping)."""
    signature: str = ""
    """Tokenizer, version and what else makes two figures comparable; equal signatures compare."""
    description: str = ""
    embedder: str | None = None
    """Whose vectors of the answer and its targets it needs; None for most."""
    slow: bool = False
    """Whether it takes so many milliseconds that other work must go on meanwhile."""


class IntervalOf(Protocol):
    """Computes the confidence interval of an aggregate."""

    def __call__(
        self, answers: Sequence[str | None], samples: Sequence[Sample], level: float = 0.95, seed: int = 0
    ) -> tuple[float, float]:
        """Lower and upper bound at the level (0–1), the same for the same seed."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Scores all answers of an arm together. Answers are None where unparsed, which counts as wrong."""

    name: str
    compute: Callable[[Sequence[str | None], Sequence[Sample]], float]
    """The figure over all samples that have a target; NaN where there is none."""
    interval: IntervalOf
    """Percentile bootstrap over samples: repeats of a sample are drawn together."""
    resampling: Callable[[Sequence[str | None], Sequence[Sample]], Resampling]
    """What any resampling of answers needs; every sample must have a target."""
    higher_is_better: bool | None = True
    signature: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Judge:
    """A score that models give, each asked by the same rubric; `runners.judging` asks them."""

    name: str
    """As printed: `judge(helpfulness)`."""
    models: tuple[str, ...]
    """As a sweep names models; several are a panel, whose mean is the score."""
    rubric: str
    """A template of `prompts/judges/rubrics/`."""
    kind: Kind
    """`rating`, or `preference` where each answer is compared with the sample's target."""
    reference: bool | None
    """Whether the judge is shown the sample's target; None: as the rubric says."""
    params: Mapping[str, JSON]
    """Sampling parameters of its calls."""
    allow_same_family: bool
    """Whether it may judge answers of a model of its own family."""
    higher_is_better: bool | None = True
    signature: str = ""
    """Content address of models, templates and parameters; empty until a plan has loaded them."""
    description: str = ""


Scorer: TypeAlias = Metric | Aggregate | Judge
