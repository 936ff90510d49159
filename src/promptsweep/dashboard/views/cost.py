"""What a better score costs and how long it takes, and what all runs spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from promptsweep.dashboard import (
    address,
    banner,
    costing,
    effort,
    judges,
    labels,
    outlays,
    plain,
    source,
    worth,
)
from promptsweep.dashboard.words import say
from promptsweep.reports import ArmSummary, figures, metric_names
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.charts.tradeoff import Spot, Titles, tradeoff
from promptsweep.reports.efficiency import Axis
from promptsweep.reports.tradeoff import Tradeoff, cost_axis, costs_of, tradeoffs
from promptsweep.reports.usage import Usage

AT_ONCE = 300_000
"""Records of a run whose arms are compared without being asked for it."""
MOST_BESIDE = 5
"""With more arms than this, charts of points are as wide as the page: their names need the room."""


def show() -> None:
    """Draws the page."""
    info = source.current()
    banner.heading(say("Cost and speed"), info)
    datasets: dict[str, list[ArmSummary]] = {}
    for arm in source.summaries(info):
        datasets.setdefault(arm.dataset, []).append(arm)
    dataset, metric = _choices(datasets)
    arms = datasets[dataset]
    shown = labels.of_arms(arms)
    used = costing.used(info, dataset)
    if used:
        _scores(info, arms, used, shown, metric)
        effort.show(info, used, shown)
        outlays.break_even_of(used, shown)
    else:
        st.info(say("Nothing is answered yet."), icon=":material/hourglass:")
    judges.show(info)
    outlays.spending()


def _choices(datasets: Mapping[str, list[ArmSummary]]) -> tuple[str, str | None]:
    """Dataset and metric, as the user picks them; None where nothing is scored."""
    one, two, _ = st.columns([1, 1, 2])
    dataset = next(iter(datasets))
    if len(datasets) > 1:
        with one:
            dataset = address.pick(
                say("Dataset"), "dataset", list(datasets), "metric", format_func=plain.line
            )
    names = metric_names(datasets[dataset])
    if not names:
        return dataset, None
    with two if len(datasets) > 1 else one:
        return dataset, address.pick(say("Metric"), "metric", names, format_func=plain.line)


def _scores(
    info: RunInfo,
    arms: Sequence[ArmSummary],
    used: Sequence[Usage],
    shown: Mapping[str, str],
    metric: str | None,
) -> None:
    """The metric against cost and against time, and what a point of it costs."""
    axis = cost_axis(used)
    _what_is_unknown(used, axis)
    if metric is None:
        st.info(say("Nothing is scored yet."), icon=":material/hourglass:")
        return
    better = source.metrics(info)[arms[0].dataset][metric].higher_is_better
    waits = {label: one.p50 for label, one in costing.waited(info).items()}
    wide = len(arms) > MOST_BESIDE
    price, wait = (st.container(), st.container()) if wide else st.columns(2, gap="medium")
    with price:
        st.subheader(say("Score and cost"), anchor=False)
        title = say("US$ for 1,000 samples") if axis == "usd" else say("tokens for 1,000 samples")
        found = tradeoffs(arms, metric, costs_of(used, axis), better)
        texts = {one.arm: worth.amount(one.spent.value, axis) for one in found}
        titles = Titles(title, _title(metric, better), say("arm"))
        _chart(_spots(found, texts, shown), titles, "$,.3~r" if axis == "usd" else ",.3~s", wide=wide)
    with wait:
        st.subheader(say("Score and waiting time"), anchor=False)
        found = tradeoffs(arms, metric, waits, better)
        texts = {one.arm: effort.seconds(one.spent) for one in found}
        titles = titles._replace(x=say("median wait, seconds"))
        _chart(_spots(found, texts, shown), titles, ",.3~r", wide=wide)
    st.caption(
        say(
            "Filled points are the arms worth considering: no other scores as much for less. The dashed "
            "line joins them. Whiskers are 95 % intervals."
        )
    )
    kind = source.metrics(info)[arms[0].dataset][metric].kind
    if len(arms) > 1 and kind != "aggregate" and _wanted(info):
        with st.spinner(say("Comparing the arms …")):
            table = costing.worth(info, arms[0].dataset, metric)
        worth.show(table, shown)


def _wanted(info: RunInfo) -> bool:
    """Whether the arms are compared sample by sample: in a run of very many records only where one asks."""
    if info.done <= AT_ONCE:
        return True
    label = say("Compare the arms sample by sample (takes a while)")
    asked: bool = st.toggle(label, **address.bound("worth", address.get("worth") is not None, False))
    return asked


def _what_is_unknown(used: Sequence[Usage], axis: Axis) -> None:
    """Why cost is in tokens, where it is."""
    if axis == "usd":
        return
    unpriced = list(dict.fromkeys(one.model for one in used if one.usd is None))
    notes = [
        say(
            "The price of replies of {models} is unknown, so cost is counted in tokens. A price in "
            "`runners/models.yaml` holds for what is asked from then on.",
            models=", ".join(map(plain.literal, unpriced)),
        )
        if unpriced
        else say("Every call was free, so cost is counted in tokens.")
    ]
    if len({one.model for one in used}) > 1:
        notes.append(say("A token of one model is not worth a token of another."))
    st.info(" ".join(notes), icon=":material/info:")


def _title(metric: str, higher_is_better: bool | None) -> str:
    name = plain.cell(metric)
    if higher_is_better is None:
        return name
    return (
        say("{metric} (higher is better)", metric=name)
        if higher_is_better
        else say("{metric} (lower is better)", metric=name)
    )


def _spots(found: Sequence[Tradeoff], texts: Mapping[str, str], shown: Mapping[str, str]) -> list[Spot]:
    return [
        Spot(
            label=shown[one.arm],
            x=one.spent.value,
            x_low=one.spent.low,
            x_high=one.spent.high,
            y=one.score.value,
            y_low=one.score.low,
            y_high=one.score.high,
            x_text=texts[one.arm],
            y_text=figures.interval(one.score),
            best=one.pareto,
        )
        for one in found
    ]


def _chart(spots: Sequence[Spot], titles: Titles, ticks: str, *, wide: bool) -> None:
    if spots:
        st.altair_chart(tradeoff(spots, titles, ticks, 850 if wide else 400), width="stretch")
    else:
        st.info(say("Nothing is scored yet."), icon=":material/hourglass:")
