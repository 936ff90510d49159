"""What the pages show: the open store and cached reads from it, all through `promptsweep.reports`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import streamlit as st

from promptsweep.dashboard import address
from promptsweep.reports import ArmSummary, Store, open_store, summarise
from promptsweep.reports.arms import StoredMetric, stored_metrics
from promptsweep.reports.browse import RecordRow, RunInfo, Trace, list_runs, page, run_info, trace
from promptsweep.reports.compare import Comparison, compare_arms
from promptsweep.reports.missing import Missing, missing
from promptsweep.workspace import Workspace

MOST_RUNS = 1_000
"""Runs in the list, the newest; an older one opens by its id in the URL."""

_State: TypeAlias = tuple[str, str, str, int, int]
"""What a cached read depends on: the store, the run, its status and its numbers of records and errors."""


def store() -> Store:
    """The store of PROMPTSWEEP_STORE (a URL or a path), else that of the workspace.

    The workspace is PROMPTSWEEP_WORKSPACE or the nearest one. Raises ConfigError where there is no store.
    """
    root = os.environ.get("PROMPTSWEEP_WORKSPACE")
    workspace = Workspace(Path(root).resolve()) if root else Workspace.find()
    return _opened(workspace, os.environ.get("PROMPTSWEEP_STORE") or None)


def reopen() -> None:
    """Opens the store anew at the next read: its file was replaced, or the connection was lost."""
    _opened.clear()


def runs() -> list[RunInfo]:
    """The newest runs, newest first; at most two seconds old."""
    opened = store()
    return _runs(opened, opened.url)


def current() -> RunInfo:
    """The run that the URL names (an id, its beginning, or a sweep's name), else the newest; as it is now.

    Raises ConfigError where there is none.
    """
    return run_info(store(), address.get("run") or "latest")


def summaries(info: RunInfo) -> list[ArmSummary]:
    """The arms of the run in the sweep's order."""
    opened = store()
    return _summaries(opened, _state(opened, info), info.repeats)


def metrics(info: RunInfo) -> Mapping[str, Mapping[str, StoredMetric]]:
    """Dataset → name → the metrics that its arms were scored with, in order."""
    found: dict[str, dict[str, StoredMetric]] = {}
    for arm in store().arms(info.id):
        for metric in stored_metrics(arm):
            found.setdefault(arm.dataset, {}).setdefault(metric.name, metric)
    return found


def not_scored(info: RunInfo) -> list[Missing]:
    """The arms of which not all is scored."""
    opened = store()
    return _missing(opened, _state(opened, info))


def records(info: RunInfo, **filters: Any) -> tuple[list[RecordRow], int]:
    """One page of the run's records and how many fit; `filters` are those of `reports.browse.page`."""
    opened = store()
    return _records(opened, _state(opened, info), filters)


def comparisons(info: RunInfo, baseline: str, metric: str) -> list[Comparison]:
    """The arms that share a dataset with the arm `baseline`, each compared with it."""
    opened = store()
    return _comparisons(opened, _state(opened, info), baseline, metric)


def one_trace(info: RunInfo, sample: str, arm: str | None, repeat: int) -> Trace:
    """Everything about one record. Raises ConfigError for an unknown sample, arm or repeat."""
    return trace(store(), info.id, sample, arm, repeat)


def _state(opened: Store, info: RunInfo) -> _State:
    return opened.url, info.id, info.status.value, info.done, info.errors


@st.cache_resource(show_spinner=False)
def _opened(workspace: Workspace, url: str | None) -> Store:
    return open_store(workspace, url, create=False)


@st.cache_data(show_spinner=False, ttl=2)
def _runs(_store: Store, _url: str) -> list[RunInfo]:
    return list_runs(_store, MOST_RUNS)


@st.cache_data(show_spinner=False, max_entries=64)
def _summaries(_store: Store, state: _State, repeats: int) -> list[ArmSummary]:
    return summarise(_store, state[1], repeats)


@st.cache_data(show_spinner=False, max_entries=64)
def _missing(_store: Store, state: _State) -> list[Missing]:
    return missing(_store, state[1])


@st.cache_data(show_spinner=False, max_entries=256)
def _records(_store: Store, state: _State, filters: Mapping[str, Any]) -> tuple[list[RecordRow], int]:
    return page(_store, state[1], **filters)


@st.cache_data(show_spinner=False, max_entries=64)
def _comparisons(_store: Store, state: _State, baseline: str, metric: str) -> list[Comparison]:
    return compare_arms(_store, state[1], baseline, metric)
