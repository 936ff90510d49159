"""Below a leaderboard: what is missing, what judges took, what was warned of, and what made the run."""

from __future__ import annotations

import streamlit as st

from promptsweep.dashboard import judges, plain, source
from promptsweep.dashboard.words import say, spoken
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.missing import Missing


def show(info: RunInfo) -> None:
    """Draws them; nothing of what is not there."""
    lines = list(map(spoken(Missing.__str__), source.not_scored(info)))
    if lines:
        st.subheader(say("Not scored"), anchor=False)
        plain.block("\n".join(lines), "not-scored")
    judges.show(info)
    if info.warnings:
        st.subheader(say("Warnings"), anchor=False)
        plain.block("\n".join(info.warnings), "warnings")
    with st.expander(say("What made this run")):
        versions = " · ".join(f"{name} {value}" for name, value in info.versions.items())
        st.text(plain.cell(versions))
        plain.block(plain.json_text(info.sweep), "sweep")
