"""Trains the router of skeleton-of-thought on a dataset's labelled questions."""

from __future__ import annotations

from pathlib import Path

from promptsweep.datasets import load
from promptsweep.errors import ConfigError
from promptsweep.prompts.router import Training, train
from promptsweep.reports.objects import stored
from promptsweep.workspace import Workspace

LABELS = ("skeleton", "direct")
FILE = Path("prompts/skeleton_of_thought/router.json")
"""Where the strategy finds its router, in a workspace."""


def train_router(
    workspace: Workspace, dataset: str, precision: float, output: Path | None = None
) -> Training:
    """Learns from the train split of a dataset with the labels `skeleton` and `direct`; writes the router.

    Raises ConfigError for a dataset of other labels or with too few questions, and where the file cannot be
    written.
    """
    found = load(dataset, workspace)
    if sorted(found.card.labels) != sorted(LABELS):
        raise ConfigError(f"a router learns from the labels {' and '.join(LABELS)}", path=found.path)
    rows = [sample for sample in found.samples("train") if sample.targets]
    suited = [LABELS[0] in sample.targets for sample in rows]
    training = train([sample.input for sample in rows], suited, precision)
    path = output or workspace.root / FILE
    with stored(path) as fresh:
        fresh.write_text(training.router.text(), encoding="utf-8")
    return training
