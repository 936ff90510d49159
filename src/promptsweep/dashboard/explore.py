"""What the pages of samples and traces read: the records that fit the filter in the URL, in its order."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, get_args

import streamlit as st

from promptsweep.dashboard import address, source
from promptsweep.reports import Store, matching, pages
from promptsweep.reports.arms import ArmName, arm_names
from promptsweep.reports.browse import RecordRow, RunInfo
from promptsweep.reports.facets import Facets, facets
from promptsweep.reports.matching import Filter, Order
from promptsweep.reports.pages import RecordName
from promptsweep.types import Outcome

NEAR: Final = 1_000
"""Records that are put in order at first; all of them only for what lies beyond, which takes longer."""
AT_ONCE: Final = 1_000
"""Records read in one query."""
OUTCOMES: Final = tuple(outcome.value for outcome in Outcome)
ORDERS: Final[tuple[Order, ...]] = get_args(Order)
FILTERS: Final = tuple(one.name for one in fields(Filter))
"""The names of the filter in the query."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is among those that fit."""

    number: int
    """From 1."""
    total: int
    before: RecordName | None
    after: RecordName | None


def wanted(info: RunInfo) -> Filter:
    """The filter that the query describes; what the run does not have is left out."""
    return Filter(
        arm=_known("arm", [one.arm for one in arms(info)]),
        outcome=_known("outcome", OUTCOMES),
        metric=_known("metric", metrics(info)),
        wrong=address.get("wrong") is not None,
        search=address.get("search"),
        target=address.get("target"),
        answer=address.get("answer"),
        field=address.get("field"),
        value=address.get("value"),
        order=next((one for one in ORDERS if one == address.get("order")), ORDERS[0]),
    )


def query() -> dict[str, str | None]:
    """The filter as it stands in the query."""
    return {name: address.get(name) for name in FILTERS}


def arms(info: RunInfo) -> list[ArmName]:
    """The arms of the run in the sweep's order, without their figures, which take longer."""
    return arm_names(source.store(), info.id)


def metrics(info: RunInfo) -> list[str]:
    """The metrics that score single samples, in order."""
    found = [metric for one in source.metrics(info).values() for metric in one.values()]
    return list(dict.fromkeys(metric.name for metric in found if metric.kind != "aggregate"))


def choices(info: RunInfo) -> Facets:
    """Values to filter by."""
    return _facets(source.store(), source._state(info))


def count(info: RunInfo, chosen: Filter) -> int:
    """How many records fit."""
    return _count(source.store(), source._state(info), chosen)


def numbers(info: RunInfo, chosen: Filter, offset: int, limit: int) -> Sequence[int]:
    """The numbers of the records from a place on."""
    found = _near(source.store(), source._state(info), chosen)
    if offset + limit > NEAR == len(found):
        found = _all(source.store(), source._state(info), chosen)
    return found[offset : offset + limit]


def rows(info: RunInfo, found: Sequence[int], most: int | None = None) -> list[RecordRow]:
    """The records with these numbers; at most `most` characters of each text."""
    parts = [found[start : start + AT_ONCE] for start in range(0, len(found), AT_ONCE)]
    return [row for part in parts for row in pages.rows(source.store(), info.id, part, most)]


def place(info: RunInfo, chosen: Filter, record: int) -> Place | None:
    """Where the record with this number is; None where it does not fit."""
    opened, state = source.store(), source._state(info)
    found = _near(opened, state, chosen)
    if record not in found and len(found) == NEAR:
        found = _all(opened, state, chosen)
    if record not in found:
        return None
    index = found.index(record)
    around = {step: numbers(info, chosen, index + step, 1) for step in (-1, 1) if index + step >= 0}
    beside = {step: pages.names(opened, info.id, some) for step, some in around.items()}
    before, after = (next(iter(beside.get(step, [])), None) for step in (-1, 1))
    return Place(index + 1, count(info, chosen), before, after)


def _known(name: str, choices: Sequence[str]) -> str | None:
    given = address.get(name)
    return given if given in choices else None


@st.cache_data(show_spinner=False, hash_funcs=source._HASH, max_entries=64)
def _facets(opened: Store, state: source._State) -> Facets:
    return facets(opened, state[0])


@st.cache_data(show_spinner=False, hash_funcs=source._HASH, max_entries=256)
def _count(opened: Store, state: source._State, chosen: Filter) -> int:
    return matching.count(opened, state[0], chosen)


@st.cache_resource(show_spinner=False, hash_funcs=source._HASH, max_entries=64)
def _near(opened: Store, state: source._State, chosen: Filter) -> array[int]:
    return matching.matching(opened, state[0], chosen, NEAR)


@st.cache_resource(show_spinner=False, hash_funcs=source._HASH, max_entries=8)
def _all(opened: Store, state: source._State, chosen: Filter) -> array[int]:
    return matching.matching(opened, state[0], chosen)
