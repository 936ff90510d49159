"""Which records the page of samples shows, and in which order: widgets over what `explore` reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import address, explore, labels, plain, wording
from promptsweep.dashboard.words import say
from promptsweep.metrics.classification import UNPARSED
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.facets import Facets
from promptsweep.reports.matching import Filter, Order
from promptsweep.types import Outcome

LATER = ("target", "answer", "field", "value", "metric")
"""Filters that are folded away until one of them is used."""


def show(info: RunInfo) -> None:
    """Draws them."""
    chosen = explore.wanted(info)
    arm, outcome, search, order, wrong = st.columns([3, 1.7, 2.6, 2.3, 1.4], vertical_alignment="bottom")
    with arm:
        shown = labels.of_arms(explore.arms(info))
        _select(say("Arm"), "arm", chosen.arm, list(shown), say("All arms"), shown.__getitem__)
    with outcome:
        outcomes = {outcome.value: wording.outcome(outcome) for outcome in Outcome}
        nothing = say("Any outcome")
        _select(say("Outcome"), "outcome", chosen.outcome, list(outcomes), nothing, outcomes.__getitem__)
    with search:
        bound = address.bound("search", chosen.search or "", "", "page")
        st.text_input(say("Search"), placeholder=say("in input, reply, answer or id"), **bound)
    with order:
        bound = address.bound("order", chosen.order, explore.ORDERS[0], "page")
        st.selectbox(say("Order"), explore.ORDERS, format_func=_orders().__getitem__, **bound)
    with wrong:
        st.toggle(say("Wrong only"), **address.bound("wrong", chosen.wrong, False, "page"))
    used = any(address.get(name) is not None for name in LATER)
    with st.expander(say("More filters"), expanded=used, icon=":material/filter_alt:"):
        _later(info, chosen, explore.choices(info))


def _later(info: RunInfo, chosen: Filter, known: Facets) -> None:
    target, answer, field, value, metric = st.columns(5)
    with target:
        _open(say("Target"), "target", chosen.target, known.targets)
    with answer:
        _open(say("Answer"), "answer", chosen.answer, [*known.answers, UNPARSED])
    with field:
        names = list(known.fields)
        names += [chosen.field] if chosen.field is not None and chosen.field not in names else []
        _select(say("Field of the sample"), "field", chosen.field, names, say("Any"), plain.line, "value")
    with value:
        values = known.fields.get(chosen.field or "", ())
        _open(say("Its value"), "value", chosen.value, values, disabled=chosen.field is None)
    with metric:
        first = say("The first of each arm")
        _select(say("Judged by"), "metric", chosen.metric, explore.metrics(info), first, plain.line)


def _orders() -> dict[Order, str]:
    return {
        "failures": say("Failures first"),
        "planned": say("As in the run"),
        "slowest": say("Slowest first"),
        "tokens": say("Most tokens first"),
        "cost": say("Most expensive first"),
    }


def _select(
    label: str,
    name: str,
    value: str | None,
    options: Sequence[str],
    nothing: str,
    shown: Callable[[str], str] = str,
    *clears: str,
) -> None:
    """A choice among what there is; `nothing` stands for no choice."""

    def of(option: str) -> str:
        return shown(option) if option else nothing

    bound = address.bound(name, value or "", "", "page", *clears)
    st.selectbox(label, ["", *options], format_func=of, **bound)


def _open(label: str, name: str, value: str | None, options: Sequence[str], **widget: Any) -> None:
    """A choice among values that occur, or any other that is typed."""
    offered = [*options, *([value] if value is not None and value not in options else [])]
    bound = address.bound(name, value, None, "page")
    st.selectbox(label, offered, None, accept_new_options=True, placeholder=say("Any"), **widget, **bound)
