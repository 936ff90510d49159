"""What the page Compare reads: two arms that are chosen, and nothing of the others. Cached like `source`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from promptsweep.dashboard import source
from promptsweep.reports import Store, versus
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.compare import Comparison, compare_opponents
from promptsweep.reports.flip_files import flip_rows
from promptsweep.reports.opponents import between_runs
from promptsweep.reports.sent import SourcePair, settings, sources
from promptsweep.reports.sliced import Sliced, compare_slices
from promptsweep.reports.versus import Agreement, Contestant, Side


@dataclass(frozen=True, slots=True)
class Contest:
    """Arm B against arm A, by one metric. What it reads of running runs is as old as their states."""

    a: Side
    b: Side
    metric: str
    states: tuple[Any, ...]
    """Of the runs."""


def of(a: tuple[RunInfo, str], b: tuple[RunInfo, str], metric: str) -> Contest:
    """The contest of two arms, each with its run."""
    states = tuple(source._state(info) for info, _ in (a, b))
    return Contest(Side(a[0].id, a[1]), Side(b[0].id, b[1]), metric, states)


def contestants(info: RunInfo) -> list[Contestant]:
    """The arms of the run, in the sweep's order."""
    return _contestants(source.store(), info.id)


def counterparts(before: RunInfo, after: RunInfo) -> Mapping[str, str]:
    """Label of an arm of `after` → label of the same arm in `before`.

    Raises NotComparableError where the runs share none.
    """
    return {b.label: a.label for a, b in between_runs(source.store(), before.id, after.id)}


def comparison(contest: Contest) -> Comparison:
    """The comparison. Raises NotComparableError where the arms share no scored sample."""
    return _comparison(source.store(), contest)


def agreement(contest: Contest) -> Agreement:
    """On how many samples the two agree."""
    return _agreement(source.store(), contest)


def slicings(contest: Contest) -> list[str]:
    """What the samples can be sliced by."""
    return _slicings(source.store(), contest)


def sliced(contest: Contest, by: str) -> Sliced:
    """The comparison slice by slice. Raises NotComparableError where nothing can be sliced so."""
    return _sliced(source.store(), contest, by)


def flips(contest: Contest) -> list[Mapping[str, Any]]:
    """All samples that flipped: made for a download, and not kept."""
    found = source.store()
    rows = flip_rows(found, _opponents(found, contest), contest.metric)
    return [{**row, "targets": " | ".join(row["targets"])} for row in rows]


def shared_sample(contest: Contest) -> str | None:
    """A sample that both arms answered."""
    found = source.store()
    return versus.shared_sample(found, _opponents(found, contest))


def templates(contest: Contest) -> Sequence[SourcePair]:
    """The templates of both arms, read from the workspace as they are now."""
    return sources(_opponents(source.store(), contest), source.workspace())


def differing(contest: Contest) -> Mapping[str, tuple[str, str]]:
    """Names and parameters in which the arms differ."""
    return settings(_opponents(source.store(), contest))


def _opponents(opened: Store, contest: Contest) -> Any:
    return versus.chosen(opened, contest.a, contest.b)


@st.cache_data(show_spinner=False, hash_funcs=source._HASH, max_entries=256)
def _contestants(opened: Store, run: str) -> list[Contestant]:
    return versus.contestants(opened, run)


@st.cache_data(show_spinner=False, hash_funcs=source._HASH, max_entries=64)
def _comparison(opened: Store, contest: Contest) -> Comparison:
    [found] = compare_opponents(opened, _opponents(opened, contest), contest.metric)
    return found


@st.cache_data(show_spinner=False, hash_funcs=source._HASH, max_entries=64)
def _agreement(opened: Store, contest: Contest) -> Agreement:
    return versus.agreement(opened, _opponents(opened, contest), contest.metric)


@st.cache_data(show_spinner=False, hash_funcs=source._HASH, max_entries=64)
def _slicings(opened: Store, contest: Contest) -> list[str]:
    return versus.slicings(opened, _opponents(opened, contest))


@st.cache_data(show_spinner=False, hash_funcs=source._HASH, max_entries=64)
def _sliced(opened: Store, contest: Contest, by: str) -> Sliced:
    [found] = compare_slices(opened, _opponents(opened, contest), by, contest.metric)
    return found
