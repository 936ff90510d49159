"""Cached reads of what runs cost and how long they took."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import streamlit as st

from promptsweep.dashboard import source
from promptsweep.errors import ConfigError, NotComparableError
from promptsweep.reports import Store
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.efficiency import CostTable, efficiency
from promptsweep.reports.spending import Spending, spendings
from promptsweep.reports.usage import Usage, usages
from promptsweep.reports.waiting import Waiting, waitings

_State = tuple[str, str, int, int]
_HASH = source._HASH


def used(info: RunInfo, dataset: str) -> list[Usage]:
    """What answers of the arms over a dataset take, where they have any."""
    return [one for one in _usages(source.store(), source._state(info)) if one.dataset == dataset]


def waited(info: RunInfo) -> dict[str, Waiting]:
    """Label → how long an arm's answers took."""
    return {one.arm: one for one in _waitings(source.store(), source._state(info))}


def worth(info: RunInfo, dataset: str, metric: str) -> CostTable | None:
    """What a score costs; None where fewer than two arms can be compared by the metric."""
    tables = _efficiency(source.store(), source._state(info), metric)
    return next((one for one in tables if one.dataset == dataset), None)


def spent(days: int | None) -> list[Spending]:
    """The ledger of so many days, today among them, or of all; at most five seconds old."""
    since = None if days is None else datetime.now(UTC).date() - timedelta(days=days - 1)
    return _spendings(source.store(), since)


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def _usages(opened: Store, state: _State) -> list[Usage]:
    return usages(opened, state[0])


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def _waitings(opened: Store, state: _State) -> list[Waiting]:
    return waitings(opened, state[0])


@st.cache_data(show_spinner=False, hash_funcs=_HASH, max_entries=64)
def _efficiency(opened: Store, state: _State, metric: str) -> list[CostTable]:
    try:
        return efficiency(opened, state[0], metric)
    except (ConfigError, NotComparableError):
        return []


@st.cache_data(show_spinner=False, hash_funcs=_HASH, ttl=5)
def _spendings(opened: Store, since: date | None) -> list[Spending]:
    return spendings(opened, since)
