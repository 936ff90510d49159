"""Why did this sample fail: all that was sent and replied for it, and how the reply was read and scored."""

from __future__ import annotations

import streamlit as st

from promptsweep.dashboard import (
    access,
    address,
    banner,
    calls,
    explore,
    labels,
    pages,
    plain,
    source,
    tables,
    wording,
)
from promptsweep.dashboard.words import say
from promptsweep.reports import figures
from promptsweep.reports.browse import RunInfo, Trace
from promptsweep.reports.matching import Filter
from promptsweep.reports.pages import RecordName
from promptsweep.types import Outcome, Score


def show() -> None:
    """Draws the page of a record that a link names; beside it are the other samples of its arm."""
    info = source.current()
    sample = address.get("sample")
    if sample is None:
        banner.heading(say("Trace"), info)
        st.info(say("A trace is of one sample: select one in the table of samples."), icon=":material/info:")
        pages.link("samples")
        return
    trace = source.one_trace(info, sample, address.get("arm"), address.number("repeat", 0))
    _draw(info, trace, Filter(arm=trace.arm), "arm")


def of_filtered(info: RunInfo) -> None:
    """Draws a record that was opened in the table of samples; beside it are those that fit the filter.

    It has the table's place in the browser's history, one step further: where the table has the filter's
    `arm`, the record's own is `of`.
    """
    sample = address.get("sample") or ""
    trace = source.one_trace(info, sample, address.get("of"), address.number("repeat", 0))
    _draw(info, trace, explore.wanted(info), "of")


def _draw(info: RunInfo, trace: Trace, chosen: Filter, arm: str) -> None:
    """`arm` is what the query calls the record's arm."""
    banner.heading(say("Trace"), info)
    _steps(info, trace, chosen, arm)
    _choices(info, trace, arm)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _verdict(trace)
        _sample(trace)
    with right:
        calls.show(trace)


def _steps(info: RunInfo, trace: Trace, chosen: Filter, arm: str) -> None:
    """To the samples before and after this one, back to all of them, and on to the playground."""
    place = explore.place(info, chosen, trace.record)
    back, before, number, after, on = st.columns([1.3, 1.3, 2, 1.3, 1.5], vertical_alignment="center")
    with back:
        query = address.query(**(explore.query() if arm == "of" else {"arm": trace.arm}))
        icon = ":material/arrow_back:"
        st.page_link(pages.page("samples"), label=say("To the table"), icon=icon, query_params=query)
    with before:
        _step(say("Previous"), "Left", place.before if place else None, arm)
    with number.container(horizontal=True, horizontal_alignment="center"):
        st.text(
            say("{number} of {total}", number=f"{place.number:,}", total=f"{place.total:,}")
            if place
            else say("Outside the filter")
        )
    with after:
        _step(say("Next"), "Right", place.after if place else None, arm)
    if not access.read_only():
        with on:
            pages.link("playground", sample=trace.sample.id, arm=trace.arm)


def _step(label: str, key: str, to: RecordName | None, arm: str) -> None:
    query = (
        {"sample": to.sample_id, arm: to.arm, "repeat": str(to.repeat) if to.repeat else None} if to else {}
    )
    st.button(
        label,
        shortcut=key,
        disabled=to is None,
        on_click=address.change,
        kwargs=query,
        width="stretch",
        key=f"step-{key}",
    )


def _choices(info: RunInfo, trace: Trace, name: str) -> None:
    """The same sample in another arm of its dataset, or another repeat."""
    arms = explore.arms(info)
    dataset = next(arm.dataset for arm in arms if arm.arm == trace.arm)
    shown = labels.of_arms(arm for arm in arms if arm.dataset == dataset)
    one, two = st.columns([4, 1])
    bound = address.bound(name, trace.arm, None, "repeat")
    one.selectbox(say("Arm"), list(shown), format_func=shown.__getitem__, **bound)
    if len(trace.repeats) > 1:
        options = [str(number) for number in trace.repeats]
        two.selectbox(say("Repeat"), options, **address.bound("repeat", str(trace.repeat), "0"))


def _verdict(trace: Trace) -> None:
    st.subheader(say("Verdict"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(wording.outcome(trace.outcome), color="green" if trace.outcome is Outcome.OK else "orange")
        st.text(" · ".join([_tokens(trace), wording.dollars(trace.cost), _waited(trace)]))
    if trace.error:
        plain.labelled(say("Error"), trace.error, "error")
    plain.labelled(say("Answer, as read from the reply"), trace.answer, "answer")
    plain.labelled(say("Accepted answers"), "\n".join(trace.sample.targets) or None, "targets")
    if trace.scores:
        rows = [_score(name, score) for name, score in trace.scores.items()]
        tables.table(rows, {say("score"): st.column_config.NumberColumn(format="%.3f")})
        for place, (name, score) in enumerate(trace.scores.items()):
            if plain.cell(score.reason) != score.reason:
                plain.labelled(
                    say("Why {metric} gave this score", metric=plain.inline(name)),
                    score.reason,
                    f"reason-{place}",
                )


def _tokens(trace: Trace) -> str:
    sent, got = trace.tokens["prompt"], trace.tokens["completion"]
    return say("{sent} + {replied} tokens", sent=f"{sent:,}", replied=f"{got:,}")


def _waited(trace: Trace) -> str:
    return say(
        "{waited} for a user, {spent} here",
        waited=figures.duration(trace.critical_seconds),
        spent=figures.duration(trace.seconds),
    )


def _score(name: str, score: Score) -> dict[str, object]:
    reason = {say("reason"): plain.cell(score.reason)} if score.reason else {}
    return {say("metric"): plain.cell(name), say("score"): score.value, **reason}


def _sample(trace: Trace) -> None:
    st.subheader(say("Sample"), anchor=False)
    plain.labelled(say("Id"), trace.sample.id, "id")
    plain.labelled(say("Input"), trace.sample.input, "input")
    if trace.sample.fields:
        plain.labelled(say("Fields"), plain.json_text(trace.sample.fields), "fields")
    if trace.details:
        plain.labelled(say("Noted by the strategy"), plain.json_text(trace.details), "details")
