"""Self-consistency: how the votes fell, whether they can be believed, and what fewer draws would give."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from promptsweep.dashboard import downloads, plain, source, tables
from promptsweep.dashboard.anatomy import choice, reads
from promptsweep.dashboard.words import say
from promptsweep.reports import ArmSummary, figures
from promptsweep.reports.anatomy.votes import Share, Votes, cast_in
from promptsweep.reports.browse import RunInfo, Trace
from promptsweep.reports.charts.bars import Bar, standing
from promptsweep.reports.charts.curves import Point, curve
from promptsweep.reports.charts.reliability import Belief, diagram
from promptsweep.stats.calibration import Bin


def show(info: RunInfo, arms: Sequence[ArmSummary]) -> None:
    """Draws the arm that is picked."""
    arm = choice.arm(arms, "sample")
    with choice.waiting():
        found = reads.votes_of(source.store(), info, arm)
    if not found.records:
        st.info(say("Nothing is answered yet."), icon=":material/hourglass:")
        return
    st.subheader(say("How the votes fell"), anchor=False)
    _cards(found)
    left, right = st.columns(2, gap="large")
    with left:
        _shares(found.shares)
    with right:
        _belief(found)
    _fewer(info, arm)
    trace = choice.sample(info, arm)
    if trace is not None:
        _one(trace)


def beliefs(bins: Sequence[Bin]) -> list[Belief]:
    """The bins of a reliability diagram as its dots."""
    return [
        Belief(
            one.confidence,
            one.right.value,
            one.right.low,
            one.right.high,
            one.count,
            figures.interval(one.right),
        )
        for one in bins
    ]


def error_text(error: float | None) -> str:
    """A calibration error as a card shows it."""
    return "–" if error is None else f"{error:.3f}"


def _cards(found: Votes) -> None:
    cards = [
        (say("Unanimous"), f"{found.unanimous / found.records:.0%}"),
        (say("Draws without an answer"), f"{found.abstained / found.draws:.1%}" if found.draws else "–"),
        (say("Calibration error (ECE)"), error_text(found.calibration_error)),
        (say("Records"), f"{found.records:,}"),
    ]
    for column, (label, value) in zip(st.columns(len(cards)), cards, strict=True):
        column.metric(label, value, border=True)


def _shares(shares: Sequence[Share]) -> None:
    st.markdown(say("How large a share of the draws the winning answer got."))
    rows = [Bar(f"{one.share:.0%}", one.records, f"{one.records:,}") for one in shares]
    st.altair_chart(standing(rows, say("vote share"), say("records"), height=320), width="stretch")


def _belief(found: Votes) -> None:
    if not found.bins:
        st.info(say("Nothing says which answers are right."), icon=":material/info:")
        return
    st.markdown(
        say("Whether a larger share means a better answer: on the dashed line it is as good as it is sure.")
    )
    st.altair_chart(
        diagram(beliefs(found.bins), say("vote share"), plain.cell(found.metric or ""), say("records")),
        width="stretch",
    )


def _fewer(info: RunInfo, arm: str) -> None:
    st.subheader(say("With fewer draws"), anchor=False)
    with choice.waiting():
        found = reads.draws_curve(source.store(), info, arm)
    if found is None:
        st.info(
            say(
                "There is no curve: it needs stored replies that can be read again as they were, and as many "
                "draws for each sample."
            ),
            icon=":material/info:",
        )
        return
    one, all_of = found.points[0], found.points[-1]
    st.markdown(
        say(
            "One draw alone would score {one}, a vote of {draws} scores {all_of}. Nothing was sent for this.",
            one=figures.interval(one),
            draws=len(found.points),
            all_of=figures.interval(all_of),
        )
    )
    points = [
        Point(number, each.value, each.low, each.high, figures.interval(each), number == len(found.points))
        for number, each in enumerate(found.points, 1)
    ]
    st.altair_chart(curve(points, say("draws"), plain.cell(found.metric), height=280), width="stretch")
    st.caption(
        say(
            "For each number of draws the expected score over all ways to take so many of the stored ones: "
            "means over {used} records with 95 % intervals. Ties go to the earliest; draws without an answer "
            "abstain.",
            used=f"{found.used:,}",
        )
    )
    choice.partly(found.read, found.records)
    if found.used < found.read:
        st.caption(
            say(
                "{left_out} records are left out: their replies, read again, do not give the votes that "
                "were counted.",
                left_out=f"{found.read - found.used:,}",
            )
        )
    rows = [
        {"draws": number, "mean": each.value, "low": each.low, "high": each.high, "samples": each.n}
        for number, each in enumerate(found.points, 1)
    ]
    downloads.rows(rows, "draws")


def _one(trace: Trace) -> None:
    given, abstained = cast_in(trace.details)
    rows = [
        {
            say("answer"): plain.cell(answer),
            say("votes"): count,
            say("accepted"): "✓" if answer in trace.sample.targets else None,
        }
        for answer, count in given.most_common()
    ]
    rows += (
        [{say("answer"): say("no answer"), say("votes"): abstained, say("accepted"): None}]
        if abstained
        else []
    )
    if rows:
        tables.table(rows)
    plain.labelled(say("Input"), trace.sample.input)
