"""Is a prompt really better: two arms on the same samples, or one arm in two runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from promptsweep.dashboard import (
    address,
    banner,
    both,
    contest,
    flipped,
    labels,
    overview,
    plain,
    prompted,
    source,
    tables,
    verdict,
)
from promptsweep.dashboard.contest import Contest
from promptsweep.dashboard.words import say
from promptsweep.errors import NotComparableError
from promptsweep.reports import figures
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.charts.whiskers import Whisker, whiskers
from promptsweep.reports.compare import UNSHOWN, Comparison
from promptsweep.reports.versus import Agreement, Contestant

THIS_RUN = "-"
"""In place of another run's id; not in the URL."""


class Chosen(NamedTuple):
    """What the user picked."""

    duel: Contest
    a: str
    """The baseline's name, short."""
    b: str


def show() -> None:
    """Draws the page."""
    info = source.current()
    banner.heading(say("Compare"), info)
    try:
        chosen = _chosen(info)
        if chosen is None:
            return
        one = contest.comparison(chosen.duel)
    except NotComparableError as error:
        st.info(say("There is nothing to compare yet."), icon=":material/info:")
        plain.block(str(error), "reason")
        return
    _figures(one, chosen)
    _agreement(contest.agreement(chosen.duel), one)
    flipped.show(chosen.duel, one)
    both.show(chosen.duel, one)
    prompted.show(chosen.duel)
    overview.slices(chosen.duel)
    if chosen.duel.a.run == chosen.duel.b.run:
        overview.all_arms(info, chosen.duel)


def _chosen(info: RunInfo) -> Chosen | None:
    """The two arms and the metric; None, and a note, where there are no two to choose."""
    runs = {each.id: each for each in source.runs() if each.id != info.id}
    first, second, third = st.columns([2, 1, 1])
    with first:
        other = address.pick(
            say("Compare with"),
            "other",
            [THIS_RUN, *runs],
            *("dataset", "baseline", "against", "metric", "sample", "slice"),
            format_func=lambda each: (
                say("Arms of this run") if each == THIS_RUN else labels.of_run(runs[each])
            ),
        )
    arms = [arm for arm in contest.contestants(info) if arm.metrics]
    before = None if other == THIS_RUN else source.run(other)
    same = contest.counterparts(before, info) if before else {}
    arms = [arm for arm in arms if before is None or arm.arm in same]
    datasets = _datasets(arms, alone=before is not None)
    if not datasets:
        st.info(
            say("Comparing needs two arms over one dataset, and a metric that scores each answer by itself."),
            icon=":material/info:",
        )
        return None
    with second:
        below = ("baseline", "metric", "against", "sample", "slice")
        dataset = address.pick(say("Dataset"), "dataset", list(datasets), *below, format_func=plain.line)
    of_dataset = datasets[dataset]
    with third:
        names = list(dict.fromkeys(metric.name for arm in of_dataset for metric in arm.metrics))
        metric = address.pick(say("Metric"), "metric", names, format_func=plain.line)
    shown = labels.of_arms(of_dataset)
    if before is None:
        return _two_arms(info, shown, metric)
    return _two_runs(before, info, same, shown, metric)


def _datasets(arms: Sequence[Contestant], *, alone: bool) -> dict[str, list[Contestant]]:
    """Dataset → its arms; without `alone` only datasets of two arms or more."""
    found: dict[str, list[Contestant]] = {}
    for arm in arms:
        found.setdefault(arm.dataset, []).append(arm)
    return {dataset: each for dataset, each in found.items() if alone or len(each) > 1}


def _two_arms(info: RunInfo, shown: Mapping[str, str], metric: str) -> Chosen:
    one, two = st.columns(2)
    with one:
        a = address.pick(
            say("Baseline (A)"), "baseline", list(shown), "against", "sample", format_func=shown.__getitem__
        )
    with two:
        rest = [label for label in shown if label != a]
        b = address.pick(say("Arm (B)"), "against", rest, "sample", format_func=shown.__getitem__)
    return Chosen(contest.of((info, a), (info, b), metric), plain.literal(shown[a]), plain.literal(shown[b]))


def _two_runs(
    before: RunInfo, after: RunInfo, same: Mapping[str, str], shown: Mapping[str, str], metric: str
) -> Chosen:
    """The same arm in the other run (A) and in this one (B)."""
    b = address.pick(say("Arm"), "against", list(shown), "sample", format_func=shown.__getitem__)
    a = same[b]
    names = [
        say("{arm} of run {run}", arm=plain.literal(shown[b]), run=plain.literal(run.id))
        for run in (before, after)
    ]
    st.caption(
        say(
            "A is the run {a}, B the run {b}. Samples are paired where id and content are equal.",
            a=plain.literal(before.id),
            b=plain.literal(after.id),
        )
    )
    return Chosen(contest.of((before, a), (after, b), metric), *names)


def _figures(one: Comparison, chosen: Chosen) -> None:
    """The verdict in words, the scores, and the difference drawn."""
    verdict.show(one, chosen.a, chosen.b)
    found = one.paired
    text = figures.difference(found.difference, found.low, found.high)
    a, b, difference = st.columns([1, 1, 3], vertical_alignment="center")
    a.metric(say("A, on the shared samples"), f"{one.score_a:.3f}")
    b.metric(say("B, on the shared samples"), f"{one.score_b:.3f}")
    row = Whisker("B − A", found.difference, found.low, found.high, text, one.verdict != UNSHOWN)
    title = say("difference in {metric}, with its 95 % interval", metric=plain.cell(one.metric))
    difference.altair_chart(whiskers([row], title, zero=True), width="stretch")
    if max(one.n_a, one.n_b) > one.shared:
        st.caption(
            say(
                "A has scores for {a} samples and B for {b}; {shared} are in both with the same content.",
                a=f"{one.n_a:,}",
                b=f"{one.n_b:,}",
                shared=f"{one.shared:,}",
            )
        )


def _agreement(found: Agreement, one: Comparison) -> None:
    st.subheader(say("Where they agree"), anchor=False)
    if found.both_right is not None and one.higher_is_better:
        counts = {
            say("both right"): found.both_right,
            say("only A right"): found.a_higher,
            say("only B right"): found.b_higher,
            say("both wrong"): found.both_wrong,
        }
    else:
        counts = {
            say("same score"): found.equal,
            say("A higher"): found.a_higher,
            say("B higher"): found.b_higher,
        }
    share = st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100)
    tables.table(
        [
            {say("answers"): name, say("samples"): count, say("share"): 100 * count / found.samples}
            for name, count in counts.items()
            if count is not None
        ],
        {say("share"): share, say("samples"): st.column_config.NumberColumn(format="localized")},
    )
