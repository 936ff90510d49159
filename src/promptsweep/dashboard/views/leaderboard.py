"""Which prompt wins, and is that sure: the arms of each dataset with their intervals, cost and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import address, banner, labels, plain, source, tables
from promptsweep.reports import ArmSummary, figures, metric_names
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.charts.whiskers import Whisker, whiskers
from promptsweep.types import Outcome


def show() -> None:
    """Draws the page."""
    info = source.current()
    banner.heading("Leaderboard", info)
    if info.error:
        st.warning(
            "The run is not complete. What was done is saved, and can be resumed.", icon=":material/warning:"
        )
        plain.block(info.error, "error")
    groups: dict[tuple[str, str], list[ArmSummary]] = {}
    for arm in source.summaries(info):
        groups.setdefault((arm.dataset, arm.split), []).append(arm)
    for (dataset, split), arms in groups.items():
        _dataset(info, dataset, split, arms)
    st.caption("Brackets and whiskers are 95 % intervals. p50 and p95 are of what a user would have waited.")
    _notes(info)


def _dataset(info: RunInfo, dataset: str, split: str, arms: list[ArmSummary]) -> None:
    names = metric_names(arms)
    head, choice = st.columns([3, 1], vertical_alignment="bottom")
    samples = figures.plural(max(arm.samples for arm in arms), "sample")
    head.subheader(f"{plain.inline(dataset)} · {plain.inline(split)} · {samples}", anchor=False)
    if not names:
        st.info("Nothing is scored yet.", icon=":material/hourglass:")
        return
    with choice:
        metric = address.pick("Metric", f"metric-{dataset}", names, format_func=plain.line)
    better = source.metrics(info)[dataset][metric].higher_is_better
    arms = sorted(arms, key=lambda arm: _rank(arm, metric, better))
    shown = labels.of_arms(arms)
    _chart(arms, shown, metric, better)
    rows = [{"arm": shown[arm.arm], **_figures(arm, arms, names)} for arm in arms]
    tables.table(rows, {"tokens": st.column_config.NumberColumn(format="localized")})


def _rank(arm: ArmSummary, metric: str, higher_is_better: bool | None) -> tuple[bool, float]:
    """The best first, arms without the metric last."""
    interval = arm.metrics.get(metric)
    if interval is None:
        return True, 0.0
    return False, interval.value if higher_is_better is False else -interval.value


def _chart(
    arms: Sequence[ArmSummary], shown: Mapping[str, str], metric: str, higher_is_better: bool | None
) -> None:
    found = [(arm, arm.metrics[metric]) for arm in arms if metric in arm.metrics]
    rows = [
        Whisker(shown[arm.arm], one.value, one.low, one.high, figures.interval(one)) for arm, one in found
    ]
    direction = {True: " (higher is better)", False: " (lower is better)", None: ""}[higher_is_better]
    st.altair_chart(whiskers(rows, plain.cell(metric) + direction), width="stretch")


def _figures(arm: ArmSummary, arms: Sequence[ArmSummary], names: Sequence[str]) -> dict[str, Any]:
    occurring = [
        outcome.value
        for outcome in Outcome
        if outcome is not Outcome.OK and any(other.outcomes[outcome.value] for other in arms)
    ]
    return {
        **{plain.cell(name): figures.interval(arm.metrics.get(name)) for name in names},
        "scored": f"{arm.scored}/{arm.samples}",
        **{name: arm.outcomes[name] for name in occurring},
        "tokens": sum(arm.tokens.values()),
        "cost": figures.dollars(arm.cost_usd),
        "p50": figures.duration(arm.p50_seconds),
        "p95": figures.duration(arm.p95_seconds),
        "requests": arm.requests,
        "from store": arm.cached,
    }


def _notes(info: RunInfo) -> None:
    """What is missing from the denominators, what was warned of, and what made the run."""
    lines = [str(one) for one in source.not_scored(info)]
    if lines:
        st.subheader("Not scored", anchor=False)
        plain.block("\n".join(lines), "not-scored")
    if info.warnings:
        st.subheader("Warnings", anchor=False)
        plain.block("\n".join(info.warnings), "warnings")
    with st.expander("What made this run"):
        versions = " · ".join(f"{name} {value}" for name, value in info.versions.items())
        st.text(plain.cell(versions))
        plain.block(plain.json_text(info.sweep), "sweep")
