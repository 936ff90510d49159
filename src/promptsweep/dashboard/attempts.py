"""What came of a send: the answer, how it scored and why, and the same beside the template as stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from promptsweep.dashboard import calls, plain, tables, wording
from promptsweep.dashboard.words import say
from promptsweep.reports import figures
from promptsweep.reports.browse import Trace
from promptsweep.types import Outcome, Score

_SENT: Final = "sent-from-the-playground"
MOST_KEPT = 50
"""Sends whose replies a session remembers."""

Name = tuple[str, str]
"""What was sent: the arm's key, which covers the template's text, and the sample's digest."""


def found(name: Name) -> Trace | None:
    """What came of a send of this session."""
    trace: Trace | None = _sent().get(name)
    return trace


def remember(name: Name, trace: Trace) -> None:
    """Keeps it for the session, the oldest ones no longer."""
    sent = _sent()
    sent.pop(name, None)
    sent[name] = trace
    while len(sent) > MOST_KEPT:
        del sent[next(iter(sent))]


def show(shown: Mapping[str, Trace]) -> None:
    """Draws what came of one send, or of two beside each other, by the words for each."""
    if len(shown) > 1:
        st.subheader(say("Edited and as stored"), anchor=False)
        tables.table([_row(label, trace) for label, trace in shown.items()], _columns(shown))
    label = next(iter(shown))
    if len(shown) > 1:
        label = st.segmented_control(
            say("Show"), list(shown), default=label, required=True, key="shown", label_visibility="collapsed"
        )
    trace = shown.get(label) or next(iter(shown.values()))
    left, right = st.columns([2, 3], gap="large")
    with left:
        _verdict(trace)
    with right:
        calls.show(trace)


def _sent() -> dict[Name, Trace]:
    kept: dict[Name, Trace] = st.session_state.setdefault(_SENT, {})
    return kept


def _verdict(trace: Trace) -> None:
    st.subheader(say("Answer"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(wording.outcome(trace.outcome), color="green" if trace.outcome is Outcome.OK else "orange")
        st.text(" · ".join([_tokens(trace), wording.dollars(trace.cost), figures.duration(trace.seconds)]))
    if trace.error:
        plain.labelled(say("Error"), trace.error, "error-of-send")
    plain.labelled(say("Answer, as read from the reply"), trace.answer, "answer")
    plain.labelled(say("Accepted answers"), "\n".join(trace.sample.targets) or None, "accepted")
    if trace.scores:
        rows = [_score(name, score) for name, score in trace.scores.items()]
        tables.table(rows, {say("score"): st.column_config.NumberColumn(format="%.3f")})
    if trace.details:
        plain.labelled(say("Noted by the strategy"), plain.json_text(trace.details), "details")


def _score(name: str, score: Score) -> dict[str, object]:
    why = {say("reason"): plain.cell(score.reason)} if score.reason else {}
    return {say("metric"): plain.cell(name), say("score"): score.value, **why}


def _row(label: str, trace: Trace) -> dict[str, object]:
    return {
        say("template"): label,
        say("outcome"): trace.outcome.value,
        say("answer"): plain.cell(trace.error or trace.answer or tables.ABSENT),
        **{plain.cell(name): score.value for name, score in trace.scores.items()},
        say("tokens"): sum(trace.tokens.values()),
        say("cost"): wording.dollars(trace.cost),
        say("duration"): figures.duration(trace.seconds),
    }


def _columns(shown: Mapping[str, Trace]) -> dict[str, object]:
    number = st.column_config.NumberColumn(format="%.3f")
    names = {plain.cell(name): number for trace in shown.values() for name in trace.scores}
    return {**names, say("answer"): st.column_config.TextColumn(width="medium")}


def _tokens(trace: Trace) -> str:
    sent, got = trace.tokens["prompt"], trace.tokens["completion"]
    return say("{sent} + {replied} tokens", sent=f"{sent:,}", replied=f"{got:,}")
