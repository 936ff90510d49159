"""What the judges of a run took: below its leaderboard, and beside what its arms cost."""

from __future__ import annotations

import streamlit as st

from promptsweep.dashboard import plain, source
from promptsweep.dashboard.words import say, spoken
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.judges import JudgeSpending


def show(info: RunInfo) -> None:
    """Draws it; nothing for a run without a judge."""
    lines = list(map(spoken(JudgeSpending.__str__), source.judges(info)))
    if lines:
        st.subheader(say("What judges took"), anchor=False)
        plain.block("\n".join(lines), "judges")
