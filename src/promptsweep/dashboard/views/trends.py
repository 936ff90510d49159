"""Is a sweep getting better or worse: its runs over time, where they went down, and what was edited."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from promptsweep.dashboard import address, banner, edited, followed, labels, plain, source, trending
from promptsweep.dashboard.followed import Choice
from promptsweep.dashboard.words import say
from promptsweep.errors import ConfigError
from promptsweep.reports.baselines import Baseline
from promptsweep.reports.history import PastRun, arms_of, datasets_of, figures_of

LIMITS = ("50", "200", "1000")
"""Runs to draw, the newest; the first is the default."""
MOST_ARMS = 8
"""Lines that can be told apart."""


def show() -> None:
    """Draws the page."""
    info = source.current()
    banner.heading(say("Trends"), info)
    wanted = address.get("runs")
    limit = wanted if wanted in LIMITS else LIMITS[0]
    runs = trending.past(info.name, int(limit))
    if not runs:  # its first run has begun this moment
        st.info(say("None of the runs has measured this yet."), icon=":material/hourglass:")
        return
    before = _baseline(info.name)
    choice = _choices(info.name, runs, info.id)
    _notes(choice, runs)
    worse = followed.show(choice, before)
    if worse is None:
        st.info(say("None of the runs has measured this yet."), icon=":material/hourglass:")
        return
    edited.show(choice, before)
    followed.regressions(worse, choice)


def _baseline(sweep: str) -> Baseline | None:
    """The baseline; says what is wrong with a damaged one."""
    try:
        return trending.baseline(sweep)
    except ConfigError as error:
        st.warning(say("The baseline cannot be read."), icon=":material/warning:")
        plain.block(str(error), "baseline")
        return None


def _choices(sweep: str, runs: Sequence[PastRun], current: str) -> Choice:
    """What the user picks, a box for each choice that there is."""
    boxes = iter(st.columns(4))
    datasets = datasets_of(runs)
    dataset = datasets[0]
    if len(datasets) > 1:
        with next(boxes):
            below = ("metric", "arm")
            dataset = address.pick(say("Dataset"), "dataset", datasets, *below, format_func=plain.line)
    with next(boxes):
        figure = address.pick(say("Figure"), "metric", figures_of(runs, dataset), format_func=followed.title)
    shown = dict(labels.of_arms(arms_of(runs, dataset)))
    arm = ""
    if len(shown) > 1:
        options = {"": say("All arms"), **shown}
        with next(boxes):
            arm = address.pick(say("Arm"), "arm", list(options), format_func=options.__getitem__)
    with next(boxes):
        address.pick(say("Newest runs"), "runs", list(LIMITS), format_func=lambda one: f"{int(one):,}")
    drawn = [label for label in shown if arm in ("", label)][:MOST_ARMS]
    ids = [run.id for run in runs]
    chosen = next(one for one in (address.get("at"), current, ids[-1]) if one in ids)
    return Choice(sweep, runs, dataset, figure, {label: shown[label] for label in drawn}, len(shown), chosen)


def _notes(choice: Choice, runs: Sequence[PastRun]) -> None:
    """What is not drawn, and that one run is no trend."""
    count, drawn = trending.count(choice.sweep), len(choice.shown)
    if count == 1:
        st.info(
            say("This sweep has one run. Run it again, and the next one is drawn beside it."),
            icon=":material/info:",
        )
    if count > len(runs):
        st.caption(
            say("The {drawn} newest of {count} runs are drawn.", drawn=f"{len(runs):,}", count=f"{count:,}")
        )
    if drawn == MOST_ARMS < choice.arms:
        st.caption(
            say(
                "{drawn} of {arms} arms are drawn; choose an arm to see another.",
                drawn=drawn,
                arms=choice.arms,
            )
        )
