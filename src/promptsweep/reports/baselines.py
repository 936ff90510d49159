"""Baselines: what a run scored, sample by sample, in a small file that is committed beside the prompts."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection

from promptsweep.errors import ConfigError
from promptsweep.reports.arms import per_sample
from promptsweep.reports.measured import asked, given_answers, measured, stored_arm
from promptsweep.reports.rows import FILES
from promptsweep.reports.store import Store, loads
from promptsweep.runners.demands import demands_of
from promptsweep.runners.gates import OWN_FIGURES, gates_of
from promptsweep.types import JSON, Status
from promptsweep.workspace import Workspace

FORMAT = 1
"""Raised with every change that older promptsweep could not read."""
VERSIONS = ("promptsweep", "python", "commit")

Values: TypeAlias = tuple[float | None, ...]
"""Of one sample: one value for each of the arm's columns."""
Key: TypeAlias = tuple[str, str]
"""A sample's id and the beginning of its content's digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineArm:
    """An arm as it was when the baseline was saved."""

    label: str
    key: str
    strategy: str
    strategy_params: Mapping[str, JSON]
    model: str
    params: Mapping[str, JSON]
    dataset: str
    split: str
    system: str | None
    digests: Mapping[str, str]
    """Content addresses: strategy, model, dataset, examples."""
    files: Mapping[str, str]
    """Content addresses of each template and of the strategy's code."""
    metrics: Mapping[str, str]
    """Metric → its signature."""
    columns: tuple[str, ...]
    """What `values` hold, in this order: metrics, and what gates of the sweep demand besides."""
    values: Mapping[Key, Values] = field(default_factory=dict)
    answers: Mapping[Key, tuple[str | None, ...]] = field(default_factory=dict)
    """The answers of each repeat, None where none could be read; empty unless they were asked for."""

    def column(self, figure: str) -> dict[Key, float]:
        """The samples that have a value of a metric; empty where the baseline keeps none of it."""
        if figure not in self.columns:
            return {}
        place = self.columns.index(figure)
        found = {key: values[place] for key, values in self.values.items()}
        return {key: value for key, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a run scored. `arms` are sorted by label."""

    sweep: str
    """The sweep's name."""
    run: str
    created: str
    """When the run began, UTC: `2026-11-23T23:31:06Z`."""
    repeats: int
    limit: int | None
    """The sweep's; None for all samples."""
    versions: Mapping[str, JSON]
    """Of promptsweep and Python, and the commit."""
    arms: tuple[BaselineArm, ...]
    path: Path | str | None = None
    """The file it was read from; a URL as it may be shown."""

    @property
    def place(self) -> str:
        """What messages call it: its file, or the run it came from."""
        return f"run {self.run}" if self.path is None else str(self.path)

    @property
    def samples(self) -> int:
        """How many samples it holds, each counted once."""
        return len({(arm.dataset, *key) for arm in self.arms for key in arm.values})


def baseline_path(workspace: Workspace, sweep: str) -> Path:
    """Where the baseline of a sweep is kept; ConfigError for a name that would lead elsewhere."""
    if Path(sweep).name != sweep or sweep.startswith("."):
        raise ConfigError(f"a sweep named {sweep!r} cannot name a baseline's file; give it a plain name")
    return workspace.root / "reports" / "baselines" / f"{sweep}.json"


def make_baseline(store: Store, run: str, *, answers: bool = False, force: bool = False) -> Baseline:
    """The baseline that a stored run makes; nothing is written.

    With `answers` it also holds what was answered. Raises ConfigError for an unknown run and, unless forced,
    for one that is not complete or holds errors.
    """
    row = store.find_run(run)
    if row.status != Status.DONE.value and not force:
        error = f": {row.error}" if row.error else ""
        raise ConfigError(
            f"run {row.id} is {row.status}{error}. A baseline should be complete: finish it with "
            f"promptsweep run {row.name} --resume {row.id}, or save it as it is with --force"
        )
    sweep = loads(row.sweep)
    arms = store.arms(row.id)
    with store.engine.connect() as connection:
        made = [_arm(connection, arm, _gated(sweep, arms, arm), answers=answers) for arm in arms]
    return baseline_of(row, made)


def baseline_of(run: Any, arms: Sequence[BaselineArm]) -> Baseline:
    """The baseline of a run (its row) with the given arms."""
    return Baseline(
        sweep=run.name,
        run=run.id,
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.created)),
        repeats=run.repeats,
        limit=loads(run.sweep).get("limit"),
        versions={name: value for name, value in loads(run.versions).items() if name in VERSIONS},
        arms=tuple(sorted(arms, key=lambda one: one.label)),
    )


def _gated(sweep: Mapping[str, Any], arms: Sequence[Any], arm: Any) -> list[str]:
    """What every arm has and a gate of the sweep compares with the baseline. It varies from run to run."""
    names = {
        demand.figure.name
        for demand in demands_of(gates_of(sweep), [stored_arm(one) for one in arms])
        if demand.rule == "no_regression" and demand.arm == arm.label and demand.figure.kind != "aggregate"
    }
    metrics = {one.name for one in per_sample(arm)}
    return [name for name in OWN_FIGURES if name in names - metrics]


def _arm(connection: Connection, arm: Any, own: Sequence[str], *, answers: bool) -> BaselineArm:
    gated = stored_arm(arm)
    columns = (*(one.name for one in per_sample(arm)), *own)
    found: dict[Key, list[float | None]] = {key: [None] * len(columns) for key in asked(connection, arm)}
    for place, name in enumerate(columns):
        for one in measured(connection, arm, gated.figures.get(name) or OWN_FIGURES[name]):
            found[one.sample_id, one.mark][place] = one.value
    return replace(
        outline(arm),
        columns=columns,
        values={key: tuple(values) for key, values in sorted(found.items())},
        answers=_answers(connection, arm) if answers else {},
    )


def outline(arm: Any) -> BaselineArm:
    """What an arm (its row) is, without its samples."""
    digests = dict(loads(arm.digests))
    return BaselineArm(
        label=arm.label,
        key=arm.key,
        strategy=arm.strategy,
        strategy_params=loads(arm.strategy_params),
        model=arm.model,
        params=loads(arm.params),
        dataset=arm.dataset,
        split=arm.split,
        system=arm.system,
        files=digests.pop(FILES, {}),
        digests=digests,
        metrics={one["name"]: one["signature"] for one in loads(arm.metrics)},
        columns=(),
    )


def _answers(connection: Connection, arm: Any) -> dict[Key, tuple[str | None, ...]]:
    found: dict[Key, tuple[str | None, ...]] = {}
    for one in given_answers(connection, arm):
        key = one.sample.id, one.mark
        found[key] = (*found.get(key, ()), one.answer)
    return dict(sorted(found.items()))


def keys_of(arms: Collection[BaselineArm], dataset: str) -> Iterator[Key]:
    """The samples of a dataset that any of the arms has, each once, sorted."""
    yield from sorted({key for arm in arms if arm.dataset == dataset for key in (*arm.values, *arm.answers)})
