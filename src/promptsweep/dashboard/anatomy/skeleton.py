"""Skeleton of thought: one answer's calls on a clock, and what asking at the same time saves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import address, plain, source
from promptsweep.dashboard.anatomy import choice, reads
from promptsweep.dashboard.words import say
from promptsweep.reports import ArmSummary, figures
from promptsweep.reports.anatomy.skeleton import Against, Speed
from promptsweep.reports.anatomy.timeline import Bar as Ran
from promptsweep.reports.anatomy.timeline import as_it_ran, without_queueing
from promptsweep.reports.browse import RunInfo, Trace
from promptsweep.reports.charts.bars import Bar, lying
from promptsweep.reports.charts.timelines import Span, timeline

WAITED, RAN = "waited", "ran"


def show(info: RunInfo, arms: Sequence[ArmSummary]) -> None:
    """Draws the arm that is picked."""
    arm = choice.arm(arms, "sample")
    with choice.waiting():
        speed = reads.speed(source.store(), info, arm)
    if speed is None:
        st.info(say("Nothing is answered yet."), icon=":material/hourglass:")
        return
    st.subheader(say("All samples"), anchor=False)
    _cards(speed)
    st.markdown(_saved(speed))
    st.altair_chart(lying(_bars(speed), say("seconds for an answer, on average")), width="stretch")
    _compared(speed.against)
    trace = choice.sample(info, arm)
    if trace is not None:
        _timeline(trace)


def _cards(speed: Speed) -> None:
    against, added = speed.against, speed.one_after_another
    gain = added / speed.critical if added and speed.critical else None
    cards = [
        (say("Speed-up over one call"), _times(against.speed_up) if against else "–"),
        (say("Tokens, times those of one call"), _times(against.tokens) if against else "–"),
        (say("Speed-up over one after another"), f"{gain:.2f}×" if gain else "–"),
        (say("Calls for an answer"), f"{speed.calls:.1f}"),
    ]
    for column, (label, value) in zip(st.columns(len(cards)), cards, strict=True):
        column.metric(label, value, border=True)


def _times(ratio: Any) -> str:
    return "–" if ratio is None else f"{ratio.value:.2f}×"


def _saved(speed: Speed) -> str:
    """What the bars show, in a sentence."""
    if speed.one_after_another is None:
        return say("A user waits {critical} for an answer.", critical=figures.duration(speed.critical))
    return say(
        "A user waits {critical} for an answer; its calls one after another would take {added}.",
        critical=figures.duration(speed.critical),
        added=figures.duration(speed.one_after_another),
    )


def _bars(speed: Speed) -> list[Bar]:
    rows = [
        (say("Calls one after another"), speed.one_after_another),
        (say("As it ran, with queueing"), speed.wall),
        (say("Critical path: what a user waits"), speed.critical),
        (say("One call, the same samples"), speed.against.critical if speed.against else None),
    ]
    return [Bar(label, value, figures.duration(value)) for label, value in rows if value is not None]


def _compared(against: Against | None) -> None:
    """The ratios with their intervals, or why there are none."""
    if against is None:
        st.caption(
            say(
                "The run has no zero_shot arm with this model on this dataset: there is no single call to "
                "compare with."
            )
        )
        return
    st.caption(
        say(
            "Compared with {arm} on {n} samples: speed-up {speed_up}, tokens {tokens}. Brackets are 95 % "
            "intervals.",
            arm=plain.literal(against.arm),
            n=f"{against.n:,}",
            speed_up=figures.interval(against.speed_up),
            tokens=figures.interval(against.tokens),
        )
    )
    if not against.same_settings:
        st.caption(
            say("That arm has other sampling parameters or another system message, which may matter too.")
        )


def _timeline(trace: Trace) -> None:
    named = {WAITED: say("Without queueing"), RAN: say("As it ran")}
    with st.container(width=320):
        clock = address.pick(say("Clock"), "clock", list(named), format_func=named.__getitem__)
    ran = as_it_ran(trace.calls) if clock == RAN else without_queueing(trace.calls)
    if not ran:
        st.info(say("The replies of this sample are no longer in the store."), icon=":material/delete:")
        return
    st.altair_chart(timeline(_spans(ran, trace), say("seconds"), say("call")), width="stretch")
    end = figures.duration(max(bar.ended for bar in ran))
    if clock == RAN:
        st.caption(
            say("{calls} calls as they were asked for and answered, after {end}.", calls=len(ran), end=end)
            + " "
            + say("Replies from the store take no time.")
        )
    else:
        st.caption(
            say(
                "{calls} calls if each had begun when the last reply before it was there: the answer comes "
                "after {end}.",
                calls=len(ran),
                end=end,
            )
        )


def _spans(ran: Sequence[Ran], trace: Trace) -> list[Span]:
    """Expansions begin in the order of the points, so each can be called by its point."""
    points = iter(trace.details.get("points") or ())
    spans = []
    for number, bar in enumerate(ran, 1):
        point = next(points, "") if bar.stage == "expand" else ""
        label = plain.cell(" · ".join(filter(None, [str(number), bar.stage, str(point)])))
        spans.append(
            Span(
                label,
                plain.cell(bar.stage),
                bar.started,
                bar.ended,
                figures.duration(bar.ended - bar.started),
            )
        )
    return spans
