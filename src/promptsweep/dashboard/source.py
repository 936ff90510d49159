"""What the pages show: the open store and cached reads from it, all through `promptsweep.reports`."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import streamlit as st

from promptsweep.dashboard import address
from promptsweep.reports import ArmSummary, Store, open_store, summarise
from promptsweep.reports.agreement import Agreement, agreement
from promptsweep.reports.arms import StoredMetric, stored_metrics
from promptsweep.reports.best import BestArm, best_arms
from promptsweep.reports.browse import (
    Known,
    RecordRow,
    RunInfo,
    RunName,
    Trace,
    list_runs,
    page,
    run_info,
    run_names,
    trace,
)
from promptsweep.reports.compare import Comparison, compare_arms
from promptsweep.reports.grades import Subject, state
from promptsweep.reports.grading import Draw, subjects
from promptsweep.reports.judges import JudgeSpending, judge_costs
from promptsweep.reports.missing import Missing, missing
from promptsweep.workspace import Workspace

MOST_RUNS = 1_000
"""Runs in the list, the newest; an older one opens by its id in the URL."""

_State: TypeAlias = tuple[str, str, int, int]
"""What a cached read depends on: the run, its status and its numbers of records and errors."""
_HASH: Final[dict[str | type[Any], Callable[[Any], Any]]] = {Store: lambda opened: opened.url}
"""A cached read also depends on where the store is."""


def store(*, create: bool = False) -> Store:
    """The store of PROMPTSWEEP_STORE (a URL or a path), else that of the workspace.

    Raises ConfigError where there is none, unless it is to `create`.
    """
    return _opened(workspace(), os.environ.get("PROMPTSWEEP_STORE") or None, create)


def workspace() -> Workspace:
    """The workspace of PROMPTSWEEP_WORKSPACE, else the nearest one."""
    root = os.environ.get("PROMPTSWEEP_WORKSPACE")
    return Workspace(Path(root).resolve()) if root else Workspace.find()


def reopen() -> None:
    """Opens the store anew at the next read: its file was replaced, or the connection was lost."""
    _opened.clear()


def runs() -> list[RunName]:
    """The newest runs, newest first; at most five seconds old."""
    return _runs(store())


def recent(count: int) -> list[RunInfo]:
    """The newest runs with how far they have come; at most five seconds old."""
    return _recent(store(), count)


def current() -> RunInfo:
    """The run that the URL names (an id, its beginning, or a sweep's name), else the newest.

    It is at most one second old. Raises ConfigError where there is none.
    """
    return run(address.get("run") or "latest")


def run(reference: str) -> RunInfo:
    """A run by its id, its beginning, a sweep's name, or `latest`; like `current` otherwise."""
    return _info(store(), reference)


def summaries(info: RunInfo) -> list[ArmSummary]:
    """The arms of the run in the sweep's order."""
    return _summaries(store(), _state(info), info.repeats)


def metrics(info: RunInfo) -> Mapping[str, Mapping[str, StoredMetric]]:
    """Dataset → name → the metrics that its arms were scored with, in order."""
    found: dict[str, dict[str, StoredMetric]] = {}
    for arm in store().arms(info.id):
        for metric in stored_metrics(arm):
            found.setdefault(arm.dataset, {}).setdefault(metric.name, metric)
    return found


def not_scored(info: RunInfo) -> list[Missing]:
    """The arms of which not all is scored."""
    return _missing(store(), _state(info))


def judges(info: RunInfo) -> list[JudgeSpending]:
    """What the judges among the run's metrics took."""
    return _judges(store(), _state(info))


def records(info: RunInfo, **filters: Any) -> tuple[list[RecordRow], int]:
    """One page of the run's records and how many fit; `filters` are those of `reports.browse.page`."""
    return _records(store(), _state(info), filters)


def comparisons(info: RunInfo, baseline: str, metric: str) -> list[Comparison]:
    """The arms that share a dataset with the arm `baseline`, each compared with it."""
    return _comparisons(store(), _state(info), baseline, metric)


def one_trace(info: RunInfo, sample: str, arm: str | None, repeat: int) -> Trace:
    """Everything about one record. Raises ConfigError for an unknown sample, arm or repeat."""
    return trace(store(), info.id, sample, arm, repeat)


def best(info: RunInfo, metric: str, among: Collection[str]) -> BestArm | None:
    """The best of the arms labelled `among`, which share a dataset; None where there is nothing to pick.

    Raises ConfigError for a metric that is computed over all answers together.
    """
    return _best(store(), _state(info), metric, tuple(sorted(among)))


def _state(info: RunInfo) -> _State:
    return info.id, info.status.value, info.done, info.errors


@st.cache_resource(show_spinner=False)
def _opened(workspace: Workspace, url: str | None, _create: bool) -> Store:  # it is the same one either way
    return open_store(workspace, url, create=_create)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, ttl=5)
def _runs(opened: Store) -> list[RunName]:
    return run_names(opened, MOST_RUNS)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, ttl=5)
def _recent(opened: Store, count: int) -> list[RunInfo]:
    return list_runs(opened, count)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, ttl=1)
def _info(opened: Store, reference: str) -> RunInfo:
    return run_info(opened, reference, _counted(opened))


@st.cache_resource(show_spinner=False, hash_funcs=_HASH)
def _counted(opened: Store) -> Known:  # noqa: ARG001  there is one for each store
    return {}


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def _summaries(opened: Store, state: _State, repeats: int) -> list[ArmSummary]:
    return summarise(opened, state[0], repeats)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def _missing(opened: Store, state: _State) -> list[Missing]:
    return missing(opened, state[0])


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def _judges(opened: Store, state: _State) -> list[JudgeSpending]:
    return judge_costs(opened, state[0])


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=256)
def _records(opened: Store, state: _State, filters: Mapping[str, Any]) -> tuple[list[RecordRow], int]:
    return page(opened, state[0], **filters)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def _comparisons(opened: Store, state: _State, baseline: str, metric: str) -> list[Comparison]:
    return compare_arms(opened, state[0], baseline, metric)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=256)
def _best(opened: Store, state: _State, metric: str, among: tuple[str, ...]) -> BestArm | None:
    return next(iter(best_arms(opened, state[0], metric, among)), None)


def classifying(info: RunInfo) -> set[str]:
    """The labels of the run's arms whose task is classification."""
    return {arm.label for arm in store().arms(info.id) if arm.task == "classification"}


def drawn(info: RunInfo, draw: Draw) -> list[Subject]:
    """What is graded of the run, in order."""
    return _drawn(store(), _state(info), draw)


def agreed(info: RunInfo, dataset: str) -> Agreement:
    """What the grades of the run say of a dataset's answers."""
    return _agreed(store(), (*_state(info), *state(store(), info.id)), dataset)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def _drawn(opened: Store, run: _State, draw: Draw) -> list[Subject]:
    return subjects(opened, run[0], draw)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def _agreed(opened: Store, known: tuple[str, str, int, int, int, float], dataset: str) -> Agreement:
    return agreement(opened, known[0], dataset)
