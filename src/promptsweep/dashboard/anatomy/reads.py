"""Cached reads of what is special to a strategy, and of classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from promptsweep.dashboard import source
from promptsweep.reports import Store
from promptsweep.reports.anatomy import density, draws, reading, reasoning, shots, skeleton, votes
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.class_figures import ClassFigures, class_figures
from promptsweep.reports.classes import ClassTable, class_tables

_HASH: Final[dict[str | type[Any], Callable[[Any], Any]]] = {
    Store: lambda opened: opened.url,
    RunInfo: source._state,
}
"""A read depends on where the store is, and on how far the run has come."""


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def examples(opened: Store, info: RunInfo, arm: str) -> list[reading.Known]:
    """Samples to choose from."""
    return reading.examples(opened, info.id, arm)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def speed(opened: Store, info: RunInfo, arm: str) -> skeleton.Speed | None:
    """How fast an arm of skeleton of thought is."""
    return skeleton.speed(opened, info.id, arm)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def chains(opened: Store, info: RunInfo, arm: str) -> density.Chains:
    """The chains of density of an arm."""
    return density.chains(opened, info.id, arm)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def votes_of(opened: Store, info: RunInfo, arm: str) -> votes.Votes:
    """The votes of an arm of self-consistency."""
    return votes.votes(opened, info.id, arm)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def draws_curve(opened: Store, info: RunInfo, arm: str) -> draws.Curve | None:
    """What fewer draws would give."""
    return draws.draws_curve(opened, info.id, arm)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def few_shot(opened: Store, info: RunInfo) -> list[shots.Series]:
    """The few-shot arms of the run."""
    return shots.few_shot(opened, info.id)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def lengths(opened: Store, info: RunInfo, arm: str) -> reasoning.Lengths | None:
    """How long an arm reasons where it is right and where not."""
    return reasoning.lengths(opened, info.id, arm)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def classes(opened: Store, info: RunInfo, arm: str) -> ClassTable:
    """The confusion matrix and the classes of an arm."""
    [table] = class_tables(opened, info.id, arm)
    return table


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def figures(opened: Store, info: RunInfo, arm: str) -> ClassFigures:
    """What all answers of a classification arm say together."""
    return class_figures(opened, info.id, arm)
