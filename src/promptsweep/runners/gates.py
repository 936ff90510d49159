"""What a sweep demands of its results: the gates of a sweep file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from annotated_types import Gt, Lt

from promptsweep.metrics.base import Kind
from promptsweep.types import Outcome

if TYPE_CHECKING:
    from pydantic import TypeAdapter

AMOUNTS = ("cost_usd", "tokens", "seconds")
"""Figures of an attempt that every arm has, whatever its metrics; less is better."""
QUANTILES: Mapping[str, float] = {"p50_seconds": 0.5, "p95_seconds": 0.95}
"""Of the seconds of all attempts."""
RATES: Mapping[str, Outcome] = {
    "error_rate": Outcome.ERROR,
    "unparsed_rate": Outcome.UNPARSED,
    "refused_rate": Outcome.REFUSED,
    "truncated_rate": Outcome.TRUNCATED,
}
"""Shares of attempts: of all of them for errors, of those without an error for the others."""
SLICES = ("label", "length")
"""What every dataset can be sliced by besides its fields: the first target, and the length of the input."""
SLICES_OF: Mapping[str, str] = {"evidence_position": "context"}
"""Slices that are made of a field, and which: where in the document the answer stands."""

Rule: TypeAlias = Literal["min", "max", "no_regression"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRegression:
    """New results may not be worse than the baseline by `margin` or more."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    margin: Annotated[float, Gt(0)] = 0.02
    """In units of the metric: 0.02 of an accuracy are two percentage points."""
    alpha: Annotated[float, Gt(0), Lt(1)] = 0.05
    """How often, at most, the gate may call a difference that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One entry under `gates`. It demands a least value, a greatest one or no regression, or several."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    metric: str
    """A metric of the arms; `cost_usd`, `tokens`, `seconds` (critical path), each the mean of an attempt at a
    sample; `p50_seconds`, `p95_seconds`; or the rate of an outcome: `error_rate`, `unparsed_rate`,
    `refused_rate`, `truncated_rate`."""
    arm: str | None = None
    """Part of the labels of the arms meant. Default: every arm that has the metric."""
    dataset: str | None = None
    slice: str | None = None
    """A field of the samples, `label` or `length`: the gate is judged for each of its values apart."""
    min: float | None = None
    max: float | None = None
    no_regression: NoRegression | None = None
    by: Literal["interval", "estimate"] = "interval"
    """`estimate` judges a threshold by the measured value alone, whatever chance may have done to it."""


def gates_of(sweep: Mapping[str, Any]) -> list[Gate]:
    """The gates of a sweep as a run stores it."""
    given = sweep.get("gates")
    return _gates().validate_python(given) if given else []


@cache
def _gates() -> TypeAdapter[list[Gate]]:
    """Made once: making it takes longer than to read the gates of a hundred runs."""
    from pydantic import TypeAdapter

    return TypeAdapter(list[Gate])


@dataclass(frozen=True, slots=True)
class Figure:
    """Something of an arm that a gate can demand: one of its metrics, or what every arm has."""

    name: str
    kind: Kind | Literal["aggregate", "amount", "quantile", "rate"]
    """The metric's kind; `amount`, `quantile` and `rate` are what every arm has."""
    higher_is_better: bool | None
    """None where it is neither good nor bad."""


OWN_FIGURES: Mapping[str, Figure] = {
    **{name: Figure(name, "amount", False) for name in AMOUNTS},
    **{name: Figure(name, "quantile", False) for name in QUANTILES},
    **{name: Figure(name, "rate", False) for name in RATES},
}
"""What every arm has. A metric of the same name goes first."""


@dataclass(frozen=True, slots=True)
class Demand:
    """One rule of a gate for one arm: what a check judges, known before anything is sent."""

    arm: str
    """The arm's label."""
    figure: Figure
    slice: str | None
    """The field whose values are judged apart."""
    rule: Rule
    limit: float
    """The least value, the greatest one, or the margin."""
    alpha: float = 0.05
    """Of the interval that judges."""
    by_estimate: bool = False

    @property
    def text(self) -> str:
        """The rule as a user reads it: `≥ 0.8`, `≤ 2.5`, `no regression beyond 0.02`."""
        sign = {"min": "≥", "max": "≤", "no_regression": "no regression beyond"}[self.rule]
        return f"{sign} {self.limit:g}"

    @property
    def id(self) -> str:
        """Its name in a test report, unique in its sweep: arm, metric, slice and rule."""
        sliced = self.slice and f"each {self.slice}"
        return " × ".join(part for part in (self.arm, self.figure.name, sliced, self.text) if part)
