"""Cached reads of a sweep's history: what a finished run measured is read once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import streamlit as st

from promptsweep.dashboard import source
from promptsweep.dashboard.words import language
from promptsweep.errors import ConfigError
from promptsweep.reports import Store
from promptsweep.reports.baseline_files import read_baseline
from promptsweep.reports.baselines import Baseline, baseline_path
from promptsweep.reports.between import Edits, edits_between, edits_since
from promptsweep.reports.history import PastRun, history, newest_within, run_count, values
from promptsweep.reports.regressions import Regression, failed_gates, runs_before, worse_than_before
from promptsweep.stats import Interval
from promptsweep.types import Status
from promptsweep.words import speaking

JUDGED, JUDGED_TOGETHER = 200_000, 20_000
"""Planned samples of the runs that are tested: of a metric of single answers, and of all together."""

MOST_KEPT = 8_000
"""Entries of a cache: one for each run and figure that was looked at."""
FRESH = 5
"""Seconds for which what is read of an unfinished run is shown again."""

_HASH = source._HASH
_Version: TypeAlias = tuple[str, int]
"""A run, and when it was read: 0 once it is finished, as it changes no more."""
_Before: TypeAlias = tuple[tuple[str, str], ...]
"""Arm's label and the earlier run that has it."""


class _File(NamedTuple):
    """A baseline's file, as it is now."""

    path: Path
    changed: int
    size: int


def past(sweep: str, limit: int) -> list[PastRun]:
    """The newest runs of a sweep, the oldest of them first; at most five seconds old."""
    return _history(source.store(), sweep, limit)


def count(sweep: str) -> int:
    """Runs of the sweep in the store."""
    return _count(source.store(), sweep)


def measured(runs: Sequence[PastRun], dataset: str, figure: str) -> dict[str, Mapping[str, Interval]]:
    """Run → arm's label → what it measured."""
    opened = source.store()
    return {run.id: _values(opened, _version(run), dataset, figure) for run in runs}


def tested(runs: Sequence[PastRun], *, together: bool) -> list[PastRun]:
    """The newest of the runs that can be tested while one waits."""
    return newest_within(runs, JUDGED_TOGETHER if together else JUDGED)


def regressions(
    runs: Sequence[PastRun], among: Sequence[PastRun], dataset: str, figure: str, sweep: str
) -> list[Regression]:
    """What is worse in the runs `among`, each against the run before it in `runs` and by its gates."""
    opened, file, before = source.store(), _baseline_file(sweep), runs_before(runs, dataset)
    found: list[Regression] = []
    for run in among:
        if any(figure in arm.metrics for arm in run.over(dataset)):
            found += _worse(opened, _version(run), tuple(sorted(before[run.id].items())), figure)
        found += _failed(opened, _version(run), dataset, figure, file)
    return found


def baseline(sweep: str) -> Baseline | None:
    """The baseline that is committed in the workspace; None where there is none.

    Raises ConfigError for a damaged one.
    """
    file = _baseline_file(sweep)
    return None if file is None else _baseline(file)


def edits(run: str, earlier: str | None, sweep: str) -> Edits:
    """What differs in a run from an earlier one or, for None, from the baseline: in the visitor's words."""
    if earlier is not None:
        return _edits(source.store(), run, earlier, language())
    before = baseline(sweep)
    if before is None:
        raise ConfigError(f"sweep {sweep!r} has no baseline")
    with speaking(language()):
        return edits_since(source.store(), before, run)


def _baseline_file(sweep: str) -> _File | None:
    try:
        path = baseline_path(source.workspace(), sweep)
        found = path.stat()
    except (ConfigError, OSError):
        return None
    return _File(path, found.st_mtime_ns, found.st_size)


def _version(run: PastRun) -> _Version:
    return run.id, 0 if run.status is Status.DONE else int(time.time() // FRESH)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=MOST_KEPT)
def _values(opened: Store, version: _Version, dataset: str, figure: str) -> dict[str, Interval]:
    return values(opened, version[0], dataset, figure)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=MOST_KEPT)
def _worse(opened: Store, version: _Version, before: _Before, metric: str) -> list[Regression]:
    return worse_than_before(opened, version[0], dict(before), metric)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=MOST_KEPT)
def _failed(
    opened: Store, version: _Version, dataset: str, figure: str, file: _File | None
) -> list[Regression]:
    return failed_gates(opened, version[0], dataset, figure, _readable(file))


def _readable(file: _File | None) -> Baseline | None:
    """The baseline, if there is one that is not damaged: the page tells of that."""
    try:
        return None if file is None else _baseline(file)
    except ConfigError:
        return None


@st.cache_data(show_spinner=False, hash_funcs=_HASH, ttl=5)
def _history(opened: Store, sweep: str, limit: int) -> list[PastRun]:
    return history(opened, sweep, limit)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, ttl=5)
def _count(opened: Store, sweep: str) -> int:
    return run_count(opened, sweep)


@st.cache_resource(show_spinner=False, max_entries=8)
def _baseline(file: _File) -> Baseline:
    return read_baseline(file.path)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64, ttl=60)
def _edits(opened: Store, run: str, earlier: str, spoken: str) -> Edits:
    with speaking(spoken):
        return edits_between(opened, earlier, run)
