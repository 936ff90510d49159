"""Below a leaderboard: what is missing, what judges took, what was warned of, and what made the run."""

from __future__ import annotations

import streamlit as st

from promptsweep.dashboard import judges, plain, source, wording
from promptsweep.dashboard.words import say
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.missing import Missing


def show(info: RunInfo) -> None:
    """Draws them; nothing of what is not there."""
    lines = [_line(one) for one in source.not_scored(info)]
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


def _line(one: Missing) -> str:
    parts = [_scored(one)] if one.errors or one.undone else []
    parts += [
        say("{judge}: {count} answers without a score", judge=judge, count=f"{count:,}")
        for judge, count in one.unjudged.items()
    ]
    return f"{one.arm}: {'; '.join(parts)}"


def _scored(one: Missing) -> str:
    scored = f"{one.planned - one.errors - one.undone:,}"
    parts = [
        say("{scored} of {planned} scored", scored=scored, planned=f"{one.planned:,}")
        if one.repeats == 1
        else say("{scored} of {planned} attempts scored", scored=scored, planned=f"{one.planned:,}")
    ]
    parts += [wording.errors(one.errors)] if one.errors else []
    parts += [say("{count} not done", count=f"{one.undone:,}")] if one.undone else []
    line = ", ".join(parts)
    if one.metric is None:
        return line
    limits = say(
        "{metric} {low} with the missing counted as 0, {high} as 1",
        metric=one.metric,
        low=f"{one.low:.3f}",
        high=f"{one.high:.3f}",
    )
    return f"{line}; {limits}"
