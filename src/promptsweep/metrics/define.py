"""How a metric is made: a decorated function, to which a sweep binds parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias, overload

from promptsweep.errors import ConfigError
from promptsweep.metrics.base import Aggregate, Kind, Metric, Reads
from promptsweep.metrics.params import check_params, printed
from promptsweep.metrics.resampling import Resampling, percentile_interval
from promptsweep.types import Sample, Score

Verdict: TypeAlias = Score | float | bool | None
"""What a metric function returns; None: it does not apply to this sample."""


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """A metric function with its properties, before parameters are bound to it."""

    function: Callable[..., Verdict]
    reads: Reads
    kind: Kind
    higher_is_better: bool | None
    signature: Callable[..., str]
    embedder: Callable[..., str] | None = None
    slow: bool = False

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.function.__name__

    def __call__(self, answer: str, sample: Sample, **params: Any) -> Verdict:
        """Calls the function itself."""
        return self.function(answer, sample, **params)

    def bind(self, params: Mapping[str, Any], found: Mapping[str, Any] = MappingProxyType({})) -> Metric:
        """The metric with these parameters; ConfigError where they do not fit.

        `found` are parameters that come from elsewhere, and are no part of its name.
        """
        values = check_params(self.name, self.function, {**params, **found})
        name = printed(self.name, params)

        def score(answer: Any, sample: Sample) -> Score | None:
            return _as_score(name, self.function(answer, sample, **values))

        return Metric(
            name=name,
            score=score,
            kind=self.kind,
            higher_is_better=self.higher_is_better,
            reads=self.reads,
            signature=self.signature(**values),
            description=first_line(self.function),
            embedder=self.embedder(**values) if self.embedder else None,
            slow=self.slow,
        )


@dataclass(frozen=True, slots=True)
class AggregateDefinition:
    """An aggregate function with its properties, before parameters are bound to it."""

    function: Callable[..., float]
    resampling: Callable[..., Resampling]
    higher_is_better: bool | None
    signature: Callable[..., str]

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.function.__name__

    def __call__(self, answers: Sequence[str | None], samples: Sequence[Sample], **params: Any) -> float:
        """Calls the function itself."""
        return self.function(answers, samples, **params)

    def bind(self, params: Mapping[str, Any]) -> Aggregate:
        """The aggregate with these parameters; ConfigError where they do not fit."""
        values = check_params(self.name, self.function, params)

        def compute(answers: Sequence[str | None], samples: Sequence[Sample]) -> float:
            answers, samples = _with_targets(answers, samples)
            return float(self.function(answers, samples, **values)) if samples else math.nan

        def interval(
            answers: Sequence[str | None], samples: Sequence[Sample], level: float = 0.95, seed: int = 0
        ) -> tuple[float, float]:
            answers, samples = _with_targets(answers, samples)
            if not samples:
                return math.nan, math.nan
            resampling = self.resampling(answers, samples, **values)
            return percentile_interval(resampling, [sample.id for sample in samples], level, seed)

        return Aggregate(
            name=printed(self.name, params),
            compute=compute,
            interval=interval,
            resampling=lambda answers, samples: self.resampling(answers, samples, **values),
            higher_is_better=self.higher_is_better,
            signature=self.signature(**values),
            description=first_line(self.function),
        )


Definition: TypeAlias = MetricDefinition | AggregateDefinition


def unsigned(**_params: Any) -> str:
    """The signature of metrics that have nothing to say about themselves."""
    return ""


@overload
def metric(function: Callable[..., Verdict], /) -> MetricDefinition: ...


@overload
def metric(
    *,
    kind: Kind = "graded",
    reads: Reads = "answer",
    lower_is_better: bool = False,
    signature: Callable[..., str] = unsigned,
    embedder: Callable[..., str] | None = None,
    slow: bool = False,
) -> Callable[[Callable[..., Verdict]], MetricDefinition]: ...


def metric(
    function: Callable[..., Verdict] | None = None,
    /,
    *,
    kind: Kind = "graded",
    reads: Reads = "answer",
    lower_is_better: bool = False,
    signature: Callable[..., str] = unsigned,
    embedder: Callable[..., str] | None = None,
    slow: bool = False,
) -> MetricDefinition | Callable[[Callable[..., Verdict]], MetricDefinition]:
    """Makes a function `(answer, sample, *, parameters…) -> Score | float | bool | None` a metric.

    The function's name is the metric's name and the first line of its docstring the description.
    `signature` and `embedder` are called with the parameters. Works bare, `@metric`, and with properties,
    `@metric(…)`.
    """
    higher_is_better = None if kind == "descriptive" else not lower_is_better

    def define(function: Callable[..., Verdict]) -> MetricDefinition:
        return MetricDefinition(function, reads, kind, higher_is_better, signature, embedder, slow)

    return define if function is None else define(function)


def aggregate(
    resampling: Callable[..., Resampling], *, signature: Callable[..., str] = unsigned
) -> Callable[[Callable[..., float]], AggregateDefinition]:
    """Makes a function `(answers, samples, *, parameters…) -> float` an aggregate; higher is better.

    `resampling` takes the same arguments and gives what the bootstrap needs.
    """
    return lambda function: AggregateDefinition(function, resampling, True, signature)


def first_line(function: Callable[..., Any]) -> str:
    """The first line of a function's docstring; empty where there is none."""
    return (function.__doc__ or "").strip().partition("\n")[0]


def _as_score(name: str, verdict: Verdict) -> Score | None:
    if verdict is None:
        return None
    try:
        score = verdict if isinstance(verdict, Score) else Score(float(verdict))
        finite = math.isfinite(score.value)
    except (TypeError, ValueError):
        finite = False
    if not finite:
        raise ConfigError(f"metric {name!r} must return a finite number or a Score, not {verdict!r}")
    return score


def _with_targets(
    answers: Sequence[str | None], samples: Sequence[Sample]
) -> tuple[list[str | None], list[Sample]]:
    kept = [(answer, sample) for answer, sample in zip(answers, samples, strict=True) if sample.targets]
    return [answer for answer, _ in kept], [sample for _, sample in kept]
