"""Cached reads of a sweep's history: what a finished run measured is read once."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

import streamlit as st

from promptsweep.dashboard import source
from promptsweep.dashboard.words import language
from promptsweep.errors import ConfigError
from promptsweep.reports import Store
from promptsweep.reports.baseline_files import read_baseline
from promptsweep.reports.baselines import Baseline, baseline_path
from promptsweep.reports.between import Edits, edits_between, edits_since
from promptsweep.reports.history import PastRun, history, newest_within, run_count
from promptsweep.reports.over_time import values
from promptsweep.reports.regressions import Regression, failed_gates, runs_before, worse_than_before
from promptsweep.stats import Interval
from promptsweep.types import Status
from promptsweep.words import speaking

JUDGED, JUDGED_TOGETHER = 200_000, 20_000
"""Planned samples of the runs that are tested: of a metric of single answers, and of all together."""

MOST_KEPT = 64
"""Figures, with all runs in which they were looked at."""
FRESH = 5
"""Seconds for which what is read of a run that goes on is shown again."""

_HASH = source._HASH
_T = TypeVar("_T")


class _State(NamedTuple):
    """A run as it is now."""

    run: str
    before: tuple[tuple[str, str], ...]
    """Arm's label and the earlier run that has it, where that counts."""
    changed: tuple[float, int]
    """When; and when it was looked at, 0 for a run that does not go on."""


class _Kept(Generic[_T]):
    """What is known of runs: read once of each state of a run, and together for those not yet known."""

    def __init__(self, read: Callable[[Mapping[str, Mapping[str, str]]], Mapping[str, _T]]):
        """`read` is given run → arm's label → the earlier run."""
        self._read = read
        self._found: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[tuple[float, int], _T]] = {}

    def of(self, states: Collection[_State]) -> dict[str, _T]:
        """Run → what is known of it."""
        missing = {one.run: one for one in states if self._found.get(one[:2], ((),))[0] != one.changed}
        if missing:
            found = self._read({run: dict(one.before) for run, one in missing.items()})
            self._found |= {one[:2]: (one.changed, found[run]) for run, one in missing.items()}
        return {one.run: self._found[one[:2]][1] for one in states}


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


def measured(runs: Sequence[PastRun], dataset: str, figure: str) -> dict[str, dict[str, Interval]]:
    """Run → arm's label → what it measured."""
    return _measured(source.store(), dataset, figure).of([_state(run) for run in runs])


def tested(runs: Sequence[PastRun], *, together: bool) -> list[PastRun]:
    """The newest of the runs that can be tested while one waits."""
    return newest_within(runs, JUDGED_TOGETHER if together else JUDGED)


def regressions(
    runs: Sequence[PastRun], among: Sequence[PastRun], dataset: str, figure: str, sweep: str
) -> list[Regression]:
    """What is worse in the runs `among`, each against the run before it in `runs` and by its gates."""
    opened, file, before = source.store(), _baseline_file(sweep), runs_before(runs, dataset)
    scored = [run for run in among if any(figure in arm.metrics for arm in run.over(dataset))]
    worse = _worse(opened, figure).of([_state(run, before[run.id]) for run in scored])
    failed = _failed(opened, dataset, figure, file).of([_state(run) for run in among])
    return [one for run in among for one in (*worse.get(run.id, ()), *failed[run.id])]


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


def _state(run: PastRun, before: Mapping[str, str] = MappingProxyType({})) -> _State:
    looked = int(time.time() // FRESH) if run.status is Status.RUNNING else 0
    return _State(run.id, tuple(sorted(before.items())), (run.updated, looked))


@st.cache_resource(show_spinner=False, hash_funcs=_HASH, max_entries=MOST_KEPT)
def _measured(opened: Store, dataset: str, figure: str) -> _Kept[dict[str, Interval]]:
    return _Kept(lambda runs: values(opened, list(runs), dataset, figure))


@st.cache_resource(show_spinner=False, hash_funcs=_HASH, max_entries=MOST_KEPT)
def _worse(opened: Store, figure: str) -> _Kept[list[Regression]]:
    return _Kept(lambda before: worse_than_before(opened, before, figure))


@st.cache_resource(show_spinner=False, hash_funcs=_HASH, max_entries=MOST_KEPT)
def _failed(opened: Store, dataset: str, figure: str, file: _File | None) -> _Kept[list[Regression]]:
    return _Kept(lambda runs: failed_gates(opened, list(runs), dataset, figure, _readable(file)))


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
