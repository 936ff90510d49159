"""What every page says of the run it shows: which it is and where it stands."""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st

from promptsweep.dashboard import plain, wording
from promptsweep.dashboard.words import say
from promptsweep.reports.browse import RunInfo
from promptsweep.types import Status

_COLORS: Final[dict[Status, Literal["blue", "green", "orange"]]] = {
    Status.RUNNING: "blue",
    Status.DONE: "green",
    Status.INCOMPLETE: "orange",
    Status.INTERRUPTED: "orange",
}


def heading(title: str, info: RunInfo) -> None:
    """Draws a page's title, the run under it, and a note while the run goes on."""
    st.title(title, anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(wording.status(info.status), color=_COLORS[info.status])
        st.text(plain.cell(_line(info)))
    if info.status is Status.RUNNING:
        st.info(
            say("The run is not finished: the figures are of what is recorded by now."),
            icon=":material/hourglass:",
        )
        st.button(say("Refresh"), icon=":material/refresh:")


def _line(info: RunInfo) -> str:
    done = say("{done} of {records}", done=f"{info.done:,}", records=wording.records(info.planned))
    failed = [wording.errors(info.errors)] if info.errors else []
    when = wording.moment(info.created)
    return " · ".join([info.name, when, done, *failed, wording.dollars(info.cost), info.id])
