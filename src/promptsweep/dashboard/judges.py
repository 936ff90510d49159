"""What the judges of a run took: below its leaderboard, and beside what its arms cost."""

from __future__ import annotations

import streamlit as st

from promptsweep.dashboard import plain, source, wording
from promptsweep.dashboard.words import say
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.judges import JudgeSpending


def show(info: RunInfo) -> None:
    """Draws it; nothing for a run without a judge."""
    lines = [_line(one) for one in source.judges(info)]
    if lines:
        st.subheader(say("What judges took"), anchor=False)
        plain.block("\n".join(lines), "judges")


def _line(one: JudgeSpending) -> str:
    return say(
        "Judge {model}: {calls}, {prompt} + {completion} tokens, {cost}; no part of the arms' own figures.",
        model=one.model,
        calls=wording.calls(one.calls),
        prompt=f"{one.prompt_tokens:,}",
        completion=f"{one.completion_tokens:,}",
        cost=say("at an unknown price") if one.usd is None else wording.dollars(one.usd),
    )
