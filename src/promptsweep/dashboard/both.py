"""One sample in two arms: the answers, the replies and the messages that were sent, side by side."""

from __future__ import annotations

import streamlit as st

from promptsweep.dashboard import address, contest, diffs, pages, plain, source
from promptsweep.dashboard.contest import Contest
from promptsweep.dashboard.words import say
from promptsweep.errors import ConfigError
from promptsweep.reports.browse import Trace
from promptsweep.reports.compare import Comparison, Flip
from promptsweep.reports.differences import line_diff
from promptsweep.reports.sent import transcript


def show(duel: Contest, one: Comparison) -> None:
    """Draws the section for the sample that the URL names, else the first that flipped."""
    st.subheader(say("One sample in both arms"), anchor=False)
    flips = {flip.sample_id: flip for side in one.flips for flip in side}
    wanted, first = address.get("sample"), next(iter(flips), None) or contest.shared_sample(duel)
    options = list(dict.fromkeys(each for each in (*flips, first, wanted) if each is not None))
    if not options:
        st.caption(say("No sample was answered by both arms."))
        return
    sample = address.pick(say("Sample"), "sample", options, format_func=plain.line, width=420)
    try:
        traces = [source.one_trace(source.run(side.run), sample, side.arm, 0) for side in (duel.a, duel.b)]
    except ConfigError as error:
        st.info(say("This sample is not in both arms."), icon=":material/info:")
        plain.block(str(error), "reason")
        return
    _sample(traces[0])
    _tabs(traces, flips.get(sample))
    _links(duel, sample)


def _sample(trace: Trace) -> None:
    text, target = st.columns([3, 1])
    with text:
        plain.labelled(say("Input"), trace.sample.input, "input")
    with target:
        plain.labelled(say("Accepted answers"), "\n".join(trace.sample.targets) or None, "targets")


def _tabs(traces: list[Trace], flip: Flip | None) -> None:
    a, b = traces
    answers, replies, sent = st.tabs([say("Answers"), say("Replies"), say("Messages sent")])
    with answers:
        given = (flip.answer_a, flip.answer_b) if flip else (a.answer, b.answer)
        _words(*given, key="answers")
    with replies:
        _words(a.reply, b.reply, key="replies")
    with sent:
        _messages(transcript(a), transcript(b))


def _words(a: str | None, b: str | None, key: str) -> None:
    if a == b:
        st.caption(say("The same in both arms:"))
        plain.block(a or "–", key)
        return
    if a is not None and b is not None:
        st.caption(say("Struck out: only in A. Underlined: only in B."))
        diffs.words(a, b, key)
    for column, name, text in zip(st.columns(2), "AB", (a, b), strict=True):
        with column:
            plain.labelled(name, text, f"{key}-{name}")


def _messages(a: str, b: str) -> None:
    """The unified diff, and both whole."""
    if a == b:
        st.caption(say("Both arms sent exactly the same messages."))
    else:
        st.caption(say("Lines with - were sent by A alone, lines with + by B alone."))
        diffs.lines(line_diff(a, b, ("A", "B")))
    for column, name, text in zip(st.columns(2), "AB", (a, b), strict=True):
        with column:
            plain.labelled(name, text or None, f"messages-{name}")


def _links(duel: Contest, sample: str) -> None:
    with st.container(horizontal=True):
        for name, side in zip((say("Trace in A"), say("Trace in B")), (duel.a, duel.b), strict=True):
            query = address.query(run=side.run, arm=side.arm, sample=sample)
            st.page_link(pages.page("trace"), label=name, icon=":material/account_tree:", query_params=query)
