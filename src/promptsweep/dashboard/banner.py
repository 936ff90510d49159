"""What every page says of the run it shows: which it is and where it stands."""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st

from promptsweep.dashboard import plain
from promptsweep.reports import figures
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
        st.badge(info.status.value, color=_COLORS[info.status])
        st.text(plain.cell(_line(info)))
    if info.status is Status.RUNNING:
        st.info(
            "The run is not finished: the figures are of what is recorded by now.",
            icon=":material/hourglass:",
        )
        st.button("Refresh", icon=":material/refresh:")


def _line(info: RunInfo) -> str:
    records = f"{info.done:,} of {figures.plural(info.planned, 'record')}"
    failed = [figures.plural(info.errors, "error")] if info.errors else []
    when = f"{info.created.astimezone():%d %b %Y %H:%M}"
    return " · ".join([info.name, when, records, *failed, figures.dollars(info.cost), info.id])
