"""How each class is recognised, and for what it is mistaken: the tables of a classification arm."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from promptsweep.errors import ConfigError
from promptsweep.metrics import ClassScore, confusion, per_class, target_classes
from promptsweep.reports.anatomy.votes import is_confident, votes
from promptsweep.reports.arms import match_arm
from promptsweep.reports.store import Store, loads
from promptsweep.reports.summary import answers
from promptsweep.types import JSON


@dataclass(frozen=True, slots=True)
class ClassTable:
    """One arm's classes."""

    arm: str
    classes: list[ClassScore]
    labels: list[str]
    matrix: list[list[int]]
    """Counts: row is the target, column the answer, both in the order of `labels`."""
    calibration_error: float | None = None
    """ECE (0 is best) of arms that note how sure they are, by vote share or calibrated probability."""

    def as_json(self) -> dict[str, JSON]:
        """The form of `show --classes --json`."""
        return asdict(self)


def class_tables(store: Store, run: str, arm: str | None = None) -> list[ClassTable]:
    """The tables of a run's classification arms, or of the one that `arm` means.

    Samples with several targets count as the one that was answered, else as their first. Raises
    ConfigError where no arm classifies.
    """
    row = store.find_run(run)
    arms = store.arms(row.id)
    chosen = [match_arm(arms, arm)] if arm is not None else arms
    tables = [_table(store, one) for one in chosen if one.task == "classification"]
    if not tables:
        raise ConfigError(f"{arm or row.id} does not classify")
    return tables


def _table(store: Store, arm: Any) -> ClassTable:
    given, samples = answers(store, arm)
    pairs = [(one, sample) for one, sample in zip(given, samples, strict=True) if sample.targets]
    if not pairs:
        return ClassTable(arm.label, [], [], [])
    found = [one for one, _ in pairs]
    targets = target_classes(found, [sample for _, sample in pairs])
    labels, matrix = confusion(found, targets)
    sure = is_confident(arm.strategy, loads(arm.strategy_params))
    error = votes(store, arm.run, arm.label).calibration_error if sure else None
    return ClassTable(arm.label, per_class(found, targets), labels, matrix.tolist(), error)
