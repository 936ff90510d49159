"""Which prompt wins, and is that sure: the arms of each dataset with their intervals, cost and time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from promptsweep.dashboard import address, banner, downloads, labels, notes, plain, source, winners, wording
from promptsweep.dashboard.standings import standings
from promptsweep.dashboard.words import say
from promptsweep.reports import ArmSummary, figures, metric_names
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.charts.whiskers import Whisker, whiskers
from promptsweep.reports.export import flat
from promptsweep.reports.ranking import COSTS, Wanted, ordered, telling_settings
from promptsweep.reports.tables import arm_table

MOST_DRAWN = 40
"""Arms in a chart, the first ones; the table has all."""
BESIDE = 2
"""Charts of further metrics beside each other."""
NARROW = 200
"""Most pixels of an arm's name in those."""


def show() -> None:
    """Draws the page."""
    info = source.current()
    banner.heading(say("Leaderboard"), info)
    if info.error:
        st.warning(
            say("The run is not complete. What was done is saved, and can be resumed."),
            icon=":material/warning:",
        )
        plain.block(info.error, "error")
    every = source.summaries(info)
    wanted = _filters(every)
    groups: dict[tuple[str, str], list[ArmSummary]] = {}
    for arm in filter(wanted.fits, every):
        groups.setdefault((arm.dataset, arm.split), []).append(arm)
    if not groups:
        st.info(say("No arm fits these filters."), icon=":material/filter_alt_off:")
    for arms in groups.values():
        _dataset(info, arms)
    st.caption(
        say("Brackets and whiskers are 95 % intervals. p50 and p95 are of what a user would have waited.")
    )
    notes.show(info)


def _filters(arms: Sequence[ArmSummary]) -> Wanted:
    """What the visitor filters by; there is no filter where nothing differs."""
    filters = {
        "dataset": (say("Dataset"), list(dict.fromkeys(arm.dataset for arm in arms))),
        "model": (say("Model"), list(dict.fromkeys(arm.model for arm in arms))),
        "strategy": (say("Strategy"), list(dict.fromkeys(arm.strategy for arm in arms))),
        "setting": (say("Parameters"), telling_settings(arms)),
    }
    offered = {name: one for name, one in filters.items() if len(one[1]) > 1}
    chosen: dict[str, list[str]] = {}
    for place, (name, (label, options)) in zip(st.columns(len(offered) or 1), offered.items(), strict=False):
        with place:
            chosen[name] = address.picks(label, name, options, placeholder=say("All"), format_func=plain.line)
    return Wanted(**chosen)


def _dataset(info: RunInfo, arms: Sequence[ArmSummary]) -> None:
    dataset, names = arms[0].dataset, metric_names(arms)
    head, one, two = st.columns([3, 1, 1], vertical_alignment="bottom")
    samples = wording.samples(max(arm.samples for arm in arms))
    head.subheader(f"{plain.inline(dataset)} · {plain.inline(arms[0].split)} · {samples}", anchor=False)
    if not names:
        st.info(say("Nothing is scored yet."), icon=":material/hourglass:")
        return
    with one:
        metric = address.pick(say("Metric"), f"metric-{dataset}", names, format_func=plain.line)
    with two:
        by = _order(dataset, metric, names)
    better = {name: found.higher_is_better for name, found in source.metrics(info)[dataset].items()}
    arms = ordered(arms, by, better.get(by))
    shown = labels.of_arms(arms)
    best = winners.show(info, arms, metric, shown)
    chart = partial(_chart, arms[:MOST_DRAWN], shown, better)
    chart(metric, {best.arm, *best.equals} if best else set())
    if len(arms) > MOST_DRAWN:
        st.caption(say("The first {drawn} of {all} arms are drawn.", drawn=MOST_DRAWN, all=len(arms)))
    standings(arms, names, shown, best)
    downloads.rows(lambda: list(flat(arm_table(arms))), f"leaderboard-{info.id}-{dataset}")
    _beside([name for name in names if name != metric], chart)


def _order(dataset: str, metric: str, names: Sequence[str]) -> str:
    """What the arms are ordered by, as the visitor picks it; by default the metric that is shown."""
    costs = {"cost": say("cost"), "tokens": say("tokens"), "p50": "p50", "p95": "p95"}
    options = list(dict.fromkeys([metric, *names, *COSTS]))

    def label(option: str) -> str:
        return plain.line(option) if option in names else costs[option]

    return address.pick(say("Sort by"), f"sort-{dataset}", options, format_func=label)


def _beside(names: Sequence[str], chart: Callable[..., None]) -> None:
    """Draws the charts of further metrics, with the arms in the same order, beside each other."""
    if not names:
        return
    form = {"labels": NARROW} if len(names) > 1 else {}
    with st.expander(say("Other metrics"), expanded=True):
        for start in range(0, len(names), BESIDE):
            places = st.columns(min(BESIDE, len(names)))
            for place, name in zip(places, names[start : start + BESIDE], strict=False):
                with place:
                    chart(name, set(), **form)


def _chart(
    arms: Sequence[ArmSummary],
    shown: Mapping[str, str],
    better: Mapping[str, bool | None],
    metric: str,
    marked: Collection[str],
    **form: Any,
) -> None:
    found = [(arm, arm.metrics[metric]) for arm in arms if metric in arm.metrics]
    rows = [
        Whisker(shown[arm.arm], one.value, one.low, one.high, figures.interval(one), shaded=arm.arm in marked)
        for arm, one in found
    ]
    name = plain.cell(metric)
    chart = whiskers(rows, _title(name, better.get(metric)), what=say("arm"), **form)
    alt = say("{metric} of each arm with its 95 % interval", metric=name)
    st.altair_chart(chart, width="stretch", alt=alt)


def _title(metric: str, higher_is_better: bool | None) -> str:
    if higher_is_better is None:
        return metric
    if higher_is_better:
        return say("{metric} (higher is better)", metric=metric)
    return say("{metric} (lower is better)", metric=metric)
