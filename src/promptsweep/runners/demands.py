"""Gates, checked and spread over the arms they mean: every mistake is found before anything is sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from promptsweep.errors import ConfigError, unknown
from promptsweep.metrics import Aggregate
from promptsweep.runners.gates import OWN_FIGURES, SLICES, SLICES_OF, Demand, Figure, Gate
from promptsweep.runners.plan import Plan, ScoredArm
from promptsweep.runners.sweep import SweepFile

EXAMPLE = "gates: [{metric: accuracy, min: 0.8}, {metric: accuracy, no_regression: {margin: 0.02}}]"
LOOKED_AT = 1_000
"""Samples of an arm in which the field of a slice must occur."""


class GateError(ConfigError):
    """A mistake in a gate: which gate, and which of its keys."""

    def __init__(self, message: str, gate: int, key: str | None = None):
        super().__init__(message)
        self.at: tuple[str | int, ...] = ("gates", gate) if key is None else ("gates", gate, key)


@dataclass(frozen=True, slots=True)
class GatedArm:
    """What gates need to know of an arm, planned or stored."""

    label: str
    dataset: str
    figures: Mapping[str, Figure]
    """Its metrics, by name."""


def plan_demands(plan: Plan, file: SweepFile) -> list[Demand]:
    """The demands of a sweep on its planned arms; empty without gates.

    Raises ConfigError with the gate's line for a metric, arm, dataset or slice that there is not, and for
    rules that contradict each other or do not fit the metric.
    """
    gates = file.sweep.gates or []
    try:
        found = demands_of(gates, [planned_arm(planned) for planned in plan.arms])
        for place, gate in enumerate(gates):
            if gate.slice is not None:
                _check_slice(gate.slice, place, _meant(plan, found, gate))
    except GateError as error:
        raise file.error(error.message, *error.at) from None
    return found


def planned_arm(planned: ScoredArm) -> GatedArm:
    """What gates need to know of a planned arm."""
    figures = {
        one.name: Figure(
            one.name, "aggregate" if isinstance(one, Aggregate) else one.kind, one.higher_is_better
        )
        for one in planned.scorers
    }
    return GatedArm(planned.arm.label, planned.arm.dataset, figures)


def demands_of(gates: Sequence[Gate], arms: Sequence[GatedArm]) -> list[Demand]:
    """Every rule of every gate for every arm it means, each once; GateError for the first mistake."""
    found: dict[Demand, None] = {}
    for place, gate in enumerate(gates):
        _check_rules(gate, place)
        for arm, figure in _figures(gate, place, _fitting(gate, place, arms)):
            _check_figure(gate, place, figure)
            found |= dict.fromkeys(_rules(gate, arm.label, figure))
    return list(found)


def _rules(gate: Gate, arm: str, figure: Figure) -> Iterator[Demand]:
    estimate = gate.by == "estimate"
    if gate.min is not None:
        yield Demand(arm, figure, gate.slice, "min", gate.min, by_estimate=estimate)
    if gate.max is not None:
        yield Demand(arm, figure, gate.slice, "max", gate.max, by_estimate=estimate)
    if gate.no_regression is not None:
        margin, alpha = gate.no_regression.margin, gate.no_regression.alpha
        yield Demand(arm, figure, gate.slice, "no_regression", margin, alpha)


def _check_rules(gate: Gate, place: int) -> None:
    if gate.min is None and gate.max is None and gate.no_regression is None:
        raise GateError("this gate demands nothing: give min, max or no_regression", place)
    if gate.min is not None and gate.max is not None and gate.min > gate.max:
        raise GateError(f"min {gate.min:g} is above max {gate.max:g}", place, "min")


def _fitting(gate: Gate, place: int, arms: Sequence[GatedArm]) -> Sequence[GatedArm]:
    """The arms that `arm` and `dataset` mean: by label, by the label's first part, or by any part of it."""
    datasets = {arm.dataset for arm in arms}
    if gate.dataset is not None and gate.dataset not in datasets:
        raise GateError(unknown("dataset of the sweep", gate.dataset, datasets), place, "dataset")
    of_dataset = [arm for arm in arms if gate.dataset in (None, arm.dataset)]
    text = gate.arm
    if text is None:
        return of_dataset
    for fits in (
        [arm for arm in of_dataset if arm.label == text],
        [arm for arm in of_dataset if arm.label.startswith(f"{text} | ")],
        [arm for arm in of_dataset if text in arm.label],
    ):
        if fits:
            return fits
    raise GateError(unknown("arm", text, [arm.label for arm in of_dataset]), place, "arm")


def _figures(gate: Gate, place: int, arms: Sequence[GatedArm]) -> list[tuple[GatedArm, Figure]]:
    found = [(arm, arm.figures.get(gate.metric, OWN_FIGURES.get(gate.metric))) for arm in arms]
    having = [(arm, figure) for arm, figure in found if figure is not None]
    if not having:
        known = {name for arm in arms for name in arm.figures} | set(OWN_FIGURES)
        raise GateError(unknown("metric", gate.metric, known), place, "metric")
    return having


def _check_figure(gate: Gate, place: int, figure: Figure) -> None:
    if gate.no_regression is None:
        return
    if figure.kind == "quantile":
        message = f"no_regression pairs samples, which {figure.name} has none of: use seconds, or max"
        raise GateError(message, place, "no_regression")
    if figure.higher_is_better is None:
        message = f"no_regression needs to know what is worse, and {figure.name} is neither good nor bad"
        raise GateError(f"{message}: use min or max", place, "no_regression")


def _meant(plan: Plan, demands: Sequence[Demand], gate: Gate) -> list[ScoredArm]:
    labels = {one.arm for one in demands if (one.slice, one.figure.name) == (gate.slice, gate.metric)}
    return [planned for planned in plan.arms if planned.arm.label in labels]


def _check_slice(name: str, place: int, arms: Collection[ScoredArm]) -> None:
    """GateError where one of the arms has no samples with this field."""
    if name in SLICES:
        return
    field = SLICES_OF.get(name, name)
    for planned in {one.arm.dataset: one for one in arms}.values():
        fields: set[str] = set()
        for sample in islice(planned.selection, LOOKED_AT):
            fields |= sample.fields.keys()
            if field in fields:
                break
        else:
            known = {*SLICES, *fields}
            message = unknown(f"field of {planned.arm.dataset}", name, known)
            raise GateError(message, place, "slice")
