"""Which arm of a strategy, and which of its samples, the page looks into."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import streamlit as st

from promptsweep.dashboard import address, labels, pages, plain, source
from promptsweep.dashboard.anatomy import reads
from promptsweep.dashboard.words import say
from promptsweep.reports import ArmSummary
from promptsweep.reports.browse import RunInfo, Trace


def arm(arms: Sequence[ArmSummary], *clears: str) -> str:
    """Draws the choice of an arm where there are several; its label. A pick takes `clears` from the query."""
    shown = labels.of_arms(arms)
    if len(shown) == 1:
        return next(iter(shown))
    return address.pick(say("Arm"), "arm", list(shown), *clears, format_func=shown.__getitem__)


def sample(info: RunInfo, arm: str) -> Trace | None:
    """Draws the choice of a sample and a link to its trace; the trace. None where nothing is answered yet."""
    st.subheader(say("One sample"), anchor=False)
    known = {one.id: one for one in reads.examples(source.store(), info, arm)}
    wanted = address.get("sample")
    shown = {name: plain.cell(f"{name} · {one.input}") for name, one in known.items()}
    if wanted is not None and wanted not in shown:
        shown = {wanted: plain.cell(wanted), **shown}
    if not shown:
        _nothing()
        return None
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        name = address.pick(say("Sample"), "sample", list(shown), format_func=shown.__getitem__)
    repeat = known[name].repeat if name in known else 0
    with right:
        pages.link("trace", sample=name, arm=arm, repeat=str(repeat) if repeat else None)
    return source.one_trace(info, name, arm, repeat)


def waiting() -> AbstractContextManager[None]:
    """Says that something is being read, where that can take seconds in a long run."""
    return st.spinner(say("Reading the run …"))


def partly(read: int, records: int) -> None:
    """Says so where not all records were read."""
    if read < records:
        st.caption(
            say(
                "Read from the first {read} of {records} records, in the order of evaluation.",
                read=f"{read:,}",
                records=f"{records:,}",
            )
        )


def _nothing() -> None:
    st.info(say("Nothing is answered yet."), icon=":material/hourglass:")
