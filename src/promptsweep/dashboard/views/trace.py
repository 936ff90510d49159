"""Why did this sample fail: all that was sent and replied for it, and how the reply was read and scored."""

from __future__ import annotations

import streamlit as st

from promptsweep.dashboard import address, banner, calls, labels, pages, plain, source, tables
from promptsweep.reports import figures
from promptsweep.reports.browse import RunInfo, Trace
from promptsweep.types import Outcome


def show() -> None:
    """Draws the page."""
    info = source.current()
    banner.heading("Trace", info)
    sample = address.get("sample")
    if sample is None:
        st.info("A trace is of one sample: select one in the table of samples.", icon=":material/info:")
        pages.link("samples")
        return
    trace = source.one_trace(info, sample, address.get("arm"), address.number("repeat", 0))
    _choices(info, trace)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _verdict(trace)
        _sample(trace)
    with right:
        calls.show(trace)


def _choices(info: RunInfo, trace: Trace) -> None:
    """The same sample in another arm of its dataset, or another repeat."""
    arms = source.summaries(info)
    dataset = next(arm.dataset for arm in arms if arm.arm == trace.arm)
    shown = labels.of_arms(arm for arm in arms if arm.dataset == dataset)
    one, two = st.columns([4, 1])
    bound = address.bound("arm", trace.arm, None, "repeat")
    one.selectbox("Arm", list(shown), format_func=shown.__getitem__, **bound)
    if len(trace.repeats) > 1:
        options = [str(number) for number in trace.repeats]
        two.selectbox("Repeat", options, **address.bound("repeat", str(trace.repeat), "0"))


def _verdict(trace: Trace) -> None:
    st.subheader("Verdict", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(trace.outcome.value, color="green" if trace.outcome is Outcome.OK else "orange")
        tokens = f"{trace.tokens['prompt']:,} + {trace.tokens['completion']:,} tokens"
        waited = (
            f"{figures.duration(trace.critical_seconds)} for a user, {figures.duration(trace.seconds)} here"
        )
        st.text(" · ".join([tokens, figures.dollars(trace.cost), waited]))
    if trace.error:
        plain.labelled("Error", trace.error)
    plain.labelled("Answer, as read from the reply", trace.answer)
    plain.labelled("Accepted answers", "\n".join(trace.sample.targets) or None)
    if trace.scores:
        rows = [
            {"metric": plain.cell(name), "score": score.value, "reason": plain.cell(score.reason)}
            for name, score in trace.scores.items()
        ]
        tables.table(rows, {"score": st.column_config.NumberColumn(format="%.3f")})


def _sample(trace: Trace) -> None:
    st.subheader("Sample", anchor=False)
    plain.labelled("Id", trace.sample.id)
    plain.labelled("Input", trace.sample.input)
    if trace.sample.fields:
        plain.labelled("Fields", plain.json_text(trace.sample.fields))
    if trace.details:
        plain.labelled("Noted by the strategy", plain.json_text(trace.details))
