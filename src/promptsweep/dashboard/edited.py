"""What was edited before a run: templates, code, rows, parameters, models, the commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from promptsweep.dashboard import address, pages, plain, trending
from promptsweep.dashboard.followed import Choice, name_of
from promptsweep.dashboard.words import say
from promptsweep.reports.baselines import Baseline
from promptsweep.reports.between import Edits
from promptsweep.reports.history import PastRun

BASELINE = "baseline"


def show(choice: Choice, before: Baseline | None) -> None:
    """Draws the choice of a run and of what it is held against, and what differs."""
    st.subheader(say("What was edited"), anchor=False)
    names = {run.id: _with_commit(run) for run in reversed(choice.runs)}
    one, two, _ = st.columns([2, 2, 1])
    with one:
        bound = address.bound("at", choice.run, None, "since")
        run = st.selectbox(say("Run"), list(names), format_func=names.__getitem__, **bound)
    place = next(place for place, past in enumerate(choice.runs) if past.id == run)
    options = {past.id: names[past.id] for past in reversed(choice.runs[:place])}
    if before is not None:
        options[BASELINE] = say("the baseline")
    if not options:
        st.caption(say("It is the first run, and there is no baseline: nothing to hold it against."))
        return
    with two:
        since = address.pick(say("Since"), "since", list(options), format_func=options.__getitem__)
    _edits(trending.edits(run, None if since == BASELINE else since, choice.sweep))
    if st.button(say("Open this run"), icon=":material/leaderboard:"):
        pages.go("leaderboard", run=run)


def _with_commit(run: PastRun) -> str:
    return plain.line(f"{name_of(run)} · {run.commit[:8]}") if run.commit else name_of(run)


def _edits(found: Edits) -> None:
    """Lines by arm; arms with the same edits together."""
    before, now = (None if one is None else str(one) for one in found.commits)
    if before != now:
        st.text(say("commit {before} → {now}", before=before or "–", now=now or "–"))
    if found.added:
        st.text(say("only in this run: {arms}", arms=plain.cell("; ".join(found.added))))
    if found.removed:
        st.text(say("no longer in this run: {arms}", arms=plain.cell("; ".join(found.removed))))
    together = _together(found.arms)
    for lines, labels in together.items():
        plain.labelled(_heading(labels, len(found.arms)), "\n".join(lines), f"edits-{labels[0]}")
    if not together and found.arms:
        st.caption(say("No template, code, row, parameter or model differs."))


def _together(arms: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, ...], list[str]]:
    """Lines → the labels of the arms of which they are true; arms without an edit are absent."""
    found: dict[tuple[str, ...], list[str]] = {}
    for label, lines in arms.items():
        if lines:
            found.setdefault(lines, []).append(label)
    return found


def _heading(labels: Sequence[str], arms: int) -> str:
    if len(labels) == arms:
        return say("all arms")
    return ", ".join(plain.literal(label) for label in labels)
