"""Chain of thought: one reply's reasoning and answer, and how long the reasoning is where it is right."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from promptsweep.dashboard import downloads, plain, source, wording
from promptsweep.dashboard.anatomy import choice, reads
from promptsweep.dashboard.words import say
from promptsweep.reports import ArmSummary, figures
from promptsweep.reports.anatomy.reasoning import Lengths, parts
from promptsweep.reports.browse import RunInfo, Trace
from promptsweep.reports.charts.bars import Bar, standing
from promptsweep.types import Outcome


def show(info: RunInfo, arms: Sequence[ArmSummary]) -> None:
    """Draws the arm that is picked."""
    arm = choice.arm(arms, "sample")
    st.subheader(say("Length of the reasoning"), anchor=False)
    with choice.waiting():
        found = reads.lengths(source.store(), info, arm)
    if found is None:
        st.info(say("Nothing says which answers are right."), icon=":material/info:")
    else:
        _lengths(found)
    trace = choice.sample(info, arm)
    if trace is not None:
        _one(trace)


def _lengths(found: Lengths) -> None:
    st.markdown(_compared(found))
    st.altair_chart(
        standing(_bars(found), say("words of reasoning"), say("share of answers")),
        width="stretch",
    )
    st.caption(
        say(
            "Right is a full score in {metric}. Each colour adds up to 1; the numbers count records. "
            "Length goes with hard questions too: it need not be what makes an answer wrong.",
            metric=plain.literal(found.metric),
        )
    )
    choice.partly(found.read, found.records)
    rows = [
        {"from": one.low, "below": one.high, "right": one.right, "wrong": one.wrong} for one in found.ranges
    ]
    downloads.rows(rows, "reasoning")


def _compared(found: Lengths) -> str:
    """What the bars show, in a sentence."""
    if not found.wrong.n:
        return say(
            "All answers are right, after {right} words of reasoning.", right=figures.interval(found.right)
        )
    if not found.right.n:
        return say(
            "No answer is right, after {wrong} words of reasoning.", wrong=figures.interval(found.wrong)
        )
    return say(
        "Right answers come after {right} words of reasoning, wrong ones after {wrong}.",
        right=figures.interval(found.right),
        wrong=figures.interval(found.wrong),
    )


def _bars(found: Lengths) -> list[Bar]:
    """A bar for each range and side; a side without records has none."""
    bars = []
    for side in ("right", "wrong"):
        named = say("right") if side == "right" else say("wrong")
        total = sum(getattr(one, side) for one in found.ranges)
        for one in found.ranges:
            count = getattr(one, side)
            if total:
                text = f"{count:,}" if count else ""
                bars.append(Bar(f"{one.low:,}–{one.high - 1:,}", count / total, text, named))
    return bars


def _one(trace: Trace) -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        plain.labelled(say("Input"), trace.sample.input)
        plain.labelled(say("Accepted answers"), "\n".join(trace.sample.targets) or None)
        plain.labelled(say("Answer, as read from the reply"), trace.answer)
        st.badge(wording.outcome(trace.outcome), color="green" if trace.outcome is Outcome.OK else "orange")
    with right:
        reasoning, closing = parts(trace.reply or "")
        hidden = [
            call.completion.reasoning for call in trace.calls if call.completion and call.completion.reasoning
        ]
        for number, text in enumerate(hidden, 1):
            with st.expander(say("Reasoning that the endpoint keeps apart")):
                plain.block(text, f"hidden-{number}")
        with st.expander(say("Reasoning")):
            plain.block(reasoning or "–", "reasoning")
        plain.labelled(say("End of the reply"), closing or None)
