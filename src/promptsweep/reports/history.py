"""The runs of a sweep over time, and their arms; `over_time` has what these measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from promptsweep.reports import schema
from promptsweep.reports.arms import StoredMetric, stored_metrics
from promptsweep.reports.store import Store, loads
from promptsweep.runners.gates import OWN_FIGURES
from promptsweep.types import Status

runs, arms = schema.runs, schema.arms


@dataclass(frozen=True, slots=True)
class PastArm:
    """An arm of a run, without what it measured."""

    arm: str
    """The arm's label, unique in its run."""
    dataset: str
    planned: int
    """Samples."""
    metrics: Mapping[str, StoredMetric]
    """By name, in order."""


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run of a sweep."""

    id: str
    status: Status
    created: datetime
    """When it began, UTC."""
    updated: float
    """When its status was last written; seconds since 1970."""
    commit: str | None
    """Of the workspace, where that is a git repository."""
    arms: tuple[PastArm, ...]
    """In the sweep's order."""

    def over(self, dataset: str) -> tuple[PastArm, ...]:
        """The arms over a dataset."""
        return tuple(arm for arm in self.arms if arm.dataset == dataset)


def history(store: Store, sweep: str, limit: int) -> list[PastRun]:
    """The newest runs of the sweep of this name, the oldest of them first. Two queries, no record read."""
    columns = (runs.c.id, runs.c.status, runs.c.created, runs.c.updated, runs.c.versions)
    newest = select(*columns).where(runs.c.name == sweep)
    newest = newest.order_by(runs.c.created.desc(), runs.c.id.desc()).limit(limit)
    chosen = newest.subquery()
    own = select(arms.c.run, arms.c.label, arms.c.dataset, arms.c.planned, arms.c.metrics)
    own = own.join(chosen, chosen.c.id == arms.c.run).order_by(arms.c.id)
    by_run: dict[str, list[PastArm]] = {}
    with store.engine.connect() as connection:
        rows = connection.execute(newest).all()
        for arm in connection.execute(own):
            by_run.setdefault(arm.run, []).append(_past_arm(arm))
    return [_past_run(row, by_run.get(row.id, ())) for row in reversed(rows)]


def run_count(store: Store, sweep: str) -> int:
    """How many runs of the sweep the store holds."""
    with store.engine.connect() as connection:
        found = connection.execute(select(func.count()).select_from(runs).where(runs.c.name == sweep))
        return int(found.scalar_one())


def _past_arm(row: Any) -> PastArm:
    return PastArm(row.label, row.dataset, row.planned, {one.name: one for one in stored_metrics(row)})


def _past_run(row: Any, own: Iterable[PastArm]) -> PastRun:
    commit = loads(row.versions).get("commit")
    created = datetime.fromtimestamp(row.created, UTC)
    return PastRun(row.id, Status(row.status), created, row.updated, commit, tuple(own))


def datasets_of(past: Sequence[PastRun]) -> list[str]:
    """The datasets of all runs, those of the newest first."""
    return list(dict.fromkeys(arm.dataset for run in reversed(past) for arm in run.arms))


def figures_of(past: Sequence[PastRun], dataset: str) -> list[str]:
    """What can be followed: the metrics over a dataset, those of the newest run first, then `OWN_FIGURES`."""
    names = (name for run in reversed(past) for arm in run.over(dataset) for name in arm.metrics)
    return list(dict.fromkeys([*names, *OWN_FIGURES]))


def arms_of(past: Sequence[PastRun], dataset: str) -> list[PastArm]:
    """The arms over a dataset in any of the runs, those of the newest first; each as it was last."""
    found: dict[str, PastArm] = {}
    for run in reversed(past):
        for arm in run.over(dataset):
            found.setdefault(arm.arm, arm)
    return list(found.values())


def newest_within(past: Sequence[PastRun], samples: int) -> list[PastRun]:
    """The newest runs with at most so many planned samples in all, the oldest first; one at least."""
    taken, total = 0, 0
    for run in reversed(past):
        total += sum(arm.planned for arm in run.arms)
        if taken and total > samples:
            break
        taken += 1
    return list(past[len(past) - taken :])
