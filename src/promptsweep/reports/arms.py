"""A run's arms as stored: which one a text means, where its records are, what it was scored with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, false, literal, literal_column, or_

from promptsweep.errors import ConfigError, unknown
from promptsweep.reports.schema import arms as arm_table
from promptsweep.reports.schema import record_id, record_range
from promptsweep.reports.schema import records as record_table
from promptsweep.reports.store import Store, loads


@dataclass(frozen=True, slots=True)
class ArmName:
    """An arm by its label, without its figures."""

    arm: str
    """The arm's label, unique in its run."""
    dataset: str


@dataclass(frozen=True, slots=True)
class StoredMetric:
    """A metric as an arm was scored with it."""

    place: int
    """Place in the arm's list, which names it in the table of scores."""
    name: str
    kind: str
    """`binary`, `graded` (0 to 1), `descriptive` (neither good nor bad), `aggregate` (no single scores)."""
    higher_is_better: bool | None
    signature: str


def arm_names(store: Store, run: str) -> list[ArmName]:
    """The arms of the run with this id, in the sweep's order."""
    return [ArmName(arm.label, arm.dataset) for arm in store.arms(run)]


def stored_metrics(arm: Any) -> list[StoredMetric]:
    """The metrics of an arm's row, in order."""
    return [
        StoredMetric(place, one["name"], one["kind"], one["higher_is_better"], one["signature"])
        for place, one in enumerate(loads(arm.metrics))
    ]


def per_sample(arm: Any) -> list[StoredMetric]:
    """Those of an arm's metrics that score one answer at a time."""
    return [metric for metric in stored_metrics(arm) if metric.kind != "aggregate"]


def sample_metrics(arms: Sequence[Any], name: str | None = None) -> dict[int, StoredMetric]:
    """Arm number → its metric `name` (default: its first) that scores one answer at a time.

    Arms without it are absent. Raises ConfigError when a name is given that no arm has.
    """
    found: dict[int, StoredMetric] = {}
    for arm in arms:
        for metric in per_sample(arm):
            if name in (None, metric.name):
                found.setdefault(arm.id, metric)
    if name is not None and not found:
        raise ConfigError(_no_metric(arms, name))
    return found


def _no_metric(arms: Sequence[Any], name: str) -> str:
    known = sorted({metric.name for arm in arms for metric in per_sample(arm)})
    if any(metric.name == name for arm in arms for metric in stored_metrics(arm)):
        choices = ", ".join(known) or "none"
        return (
            f"{name} is computed over all answers together, not sample by sample. Those that are: {choices}"
        )
    return unknown("metric", name, known)


def match_arm(arms: Sequence[Any], text: str) -> Any:
    """The arm meant by its label, by the label's first part (strategy and parameters), or by any part of it.

    Raises ConfigError for a text that fits no arm (naming the nearest) or more than one.
    """
    for fits in (
        [arm for arm in arms if arm.label == text],
        [arm for arm in arms if arm.label.startswith(f"{text} | ")],
        [arm for arm in arms if text in arm.label],
    ):
        if len(fits) > 1:
            raise ConfigError(f"arm {text!r} fits more than one: {'; '.join(arm.label for arm in fits)}")
        if fits:
            return fits[0]
    raise ConfigError(unknown("arm", text, [arm.label for arm in arms]))


def within(identity: ColumnElement[int], arms: Sequence[Any]) -> ColumnElement[bool]:
    """The condition that a record's number belongs to one of the arms; neighbouring arms are one range."""
    spans: list[list[int]] = []
    for number in sorted(arm.id for arm in arms):
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    ranges = [(record_range(first)[0], record_range(last)[1]) for first, last in spans]
    return or_(false(), *(identity.between(low, high) for low, high in ranges))


def arm_of(identity: ColumnElement[int]) -> ColumnElement[int]:
    """The number of the arm that a record belongs to, to group by."""
    return identity // literal_column(str(record_id(1, 0, 0)), BigInteger)


def of_their_arms() -> ColumnElement[bool]:
    """The condition that joins records with the rows of their arms."""
    size, most = (literal(number, BigInteger) for number in (record_id(1, 0, 0), record_id(1, 0, 0) - 1))
    first = cast(arm_table.c.id, BigInteger) * size
    return record_table.c.id.between(first, first + most)
