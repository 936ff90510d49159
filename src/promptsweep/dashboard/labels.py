"""Runs and arms by short names: what all arms beside each other have in common need not be said in each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from promptsweep.dashboard import plain, wording
from promptsweep.reports.browse import RunName


class Named(Protocol):
    """An arm in whatever form."""

    @property
    def arm(self) -> str:
        """Its label."""

    @property
    def dataset(self) -> str:
        """What it is asked about."""


def of_run(run: RunName) -> str:
    """A run's name, local time and the end of the id, which makes it unique."""
    began = wording.moment(run.created, year=False)
    return plain.line(f"{run.name} · {began} · {run.id.rpartition('-')[2]}")


def of_arms(arms: Iterable[Named]) -> Mapping[str, str]:
    """Label → short name, unique; it names the dataset only where there are several."""
    by_dataset: dict[str, list[str]] = {}
    for arm in arms:
        by_dataset.setdefault(arm.dataset, []).append(arm.arm)
    several = len(by_dataset) > 1
    return {
        label: plain.line(f"{name} | {dataset}" if several else name)
        for dataset, labels in by_dataset.items()
        for label, name in _short(labels).items()
    }


def _short(labels: Sequence[str]) -> Mapping[str, str]:
    """Label → its first part (strategy and parameters) and the other parts that tell the labels apart."""
    parts = {label: label.split(" | ") for label in labels}
    if len({len(each) for each in parts.values()}) > 1:
        return {label: label for label in labels}
    differs = [True] + [len(set(place)) > 1 for place in list(zip(*parts.values(), strict=True))[1:]]
    return {
        label: " | ".join(part for part, tells in zip(each, differs, strict=True) if tells)
        for label, each in parts.items()
    }
