"""One classification arm in figures: the scores over all its answers, and what has no answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from promptsweep import metrics as metric_room
from promptsweep.metrics import Aggregate
from promptsweep.reports import schema
from promptsweep.reports.arms import match_arm, within
from promptsweep.reports.store import Store
from promptsweep.reports.summary import answers
from promptsweep.stats import Interval
from promptsweep.types import Outcome

records = schema.records
FIGURES: Final = ("macro_f1", "mcc", "kappa")


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """What all answers of an arm say together."""

    records: int
    """With a target and without an error: what the figures rest on."""
    unparsed: int
    """Those of them from whose reply no class could be read: counted as wrong."""
    errors: int
    """Records that ended in an error: in no figure."""
    figures: Mapping[str, Interval]
    """`FIGURES` with percentile bootstrap intervals over samples, as the leaderboard has them."""


def class_figures(store: Store, run: str, arm: str) -> ClassFigures:
    """The figures of a classification arm. Raises ConfigError for an unknown run or arm."""
    found = match_arm(store.arms(store.find_run(run).id), arm)
    given, of = answers(store, found)
    kept = [(answer, sample) for answer, sample in zip(given, of, strict=True) if sample.targets]
    given, of = [answer for answer, _ in kept], [sample for _, sample in kept]
    samples = len({sample.id for sample in of})
    figures = {}
    for metric in metric_room.resolve(FIGURES, "classification", Path.cwd()):
        if of and isinstance(metric, Aggregate):
            figures[metric.name] = Interval(metric.compute(given, of), *metric.interval(given, of), samples)
    failed = within(records.c.id, [found]) & (records.c.outcome == Outcome.ERROR.value)
    with store.engine.connect() as connection:
        errors = connection.scalar(select(func.count()).select_from(records).where(failed)) or 0
    return ClassFigures(len(of), sum(answer is None for answer in given), errors, figures)
