"""A comparison seen wider: slice by slice, and beside all other arms. Read only when asked for."""

from __future__ import annotations

from typing import Any

import streamlit as st

from promptsweep.dashboard import address, contest, labels, plain, source, tables, wording
from promptsweep.dashboard.contest import Contest
from promptsweep.dashboard.words import say
from promptsweep.errors import NotComparableError
from promptsweep.reports import figures
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.charts.whiskers import Whisker, whiskers
from promptsweep.reports.compare import UNSHOWN, Comparison
from promptsweep.reports.sliced import Slice, Sliced

NOT_SLICED = "-"


def slices(duel: Contest) -> None:
    """Draws the section: nothing is computed before something to slice by is picked."""
    with st.expander(say("Slices"), icon=":material/donut_small:", expanded=address.get("slice") is not None):
        names = contest.slicings(duel)
        by = address.pick(
            say("Slice by"),
            "slice",
            [NOT_SLICED, *names],
            format_func=lambda name: say("Nothing") if name == NOT_SLICED else plain.line(name),
            width=320,
        )
        if by == NOT_SLICED:
            st.caption(say("Shows on which kinds of samples one arm is better."))
            return
        try:
            found = contest.sliced(duel, by)
        except NotComparableError as error:
            plain.block(str(error), "no-slices")
            return
        _slices(found)


def _slices(found: Sliced) -> None:
    st.altair_chart(
        whiskers(
            [_whisker(plain.cell(one.value), one) for one in found.slices],
            say("difference in {metric}, with its 95 % interval", metric=plain.cell(found.metric)),
            zero=True,
        ),
        width="stretch",
    )
    tables.table([_row(one) for one in found.slices])
    if any(one.few for one in found.slices):
        st.caption(
            say("The mark * stands at slices of fewer than 20 independent samples: their figures say little.")
        )
    st.caption(say("In brackets: 95 % intervals. p is adjusted for all slices (Holm)."))
    if found.left:
        st.caption(
            say(
                "The largest slices are shown; {count} more, with {samples} samples, are left out.",
                count=f"{found.left:,}",
                samples=f"{found.left_samples:,}",
            )
        )


def _whisker(label: str, one: Slice | Comparison) -> Whisker:
    found = one.paired
    text = figures.difference(found.difference, found.low, found.high)
    return Whisker(label, found.difference, found.low, found.high, text, one.verdict != UNSHOWN)


def _row(one: Slice) -> dict[str, Any]:
    return {
        say("slice"): plain.cell(one.value),
        say("samples"): f"{one.samples:,}{' *' if one.few else ''}",
        "A": figures.interval(one.score_a),
        "B": figures.interval(one.score_b),
        say("difference"): _whisker("", one).text,
        "p": figures.probability(one.p_adjusted),
        say("verdict"): wording.verdict(one.verdict),
    }


def all_arms(info: RunInfo, duel: Contest) -> None:
    """Draws every arm of the dataset against the baseline, where the toggle asks for it."""
    bound = address.bound("all", address.get("all") is not None, False)
    if not st.toggle(say("All arms against the baseline"), **bound):
        return
    found = source.comparisons(info, duel.a.arm, duel.metric)
    arms = contest.contestants(info)
    dataset = next(arm.dataset for arm in arms if arm.arm == duel.a.arm)
    found = [one for one in found if one.dataset == dataset]
    shown = labels.of_arms(arm for arm in arms if arm.dataset == dataset)
    title = say("difference in {metric}, with its 95 % interval", metric=plain.cell(duel.metric))
    rows = [_whisker(shown[one.b], one) for one in found]
    st.altair_chart(whiskers(rows, title, zero=True), width="stretch")
    tables.table([{say("arm"): shown[one.b], **_figures(one)} for one in found])
    st.caption(
        say(
            "Paired by sample; p is adjusted for the number of comparisons (Holm). To settle: about how many "
            "samples would show a difference of this size."
        )
    )


def _figures(one: Comparison) -> dict[str, Any]:
    return {
        say("difference"): _whisker("", one).text,
        say("verdict"): wording.verdict(one.verdict),
        "p": figures.probability(one.p_adjusted),
        say("samples"): one.shared,
        say("A higher"): one.paired.only_a,
        say("B higher"): one.paired.only_b,
        say("to settle"): one.paired.needed,
    }
