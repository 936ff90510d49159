"""A run in progress, that updates by itself until the run has ended; and which runs there are to watch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import (
    address,
    labels,
    pages,
    plain,
    running,
    source,
    tables,
    watched,
    wording,
)
from promptsweep.dashboard.words import say
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.watching import Look
from promptsweep.types import Status

EVERY = 2.0
"""Seconds between two updates."""
RECENT = 10
"""Runs in the list of the most recent ones."""


def show() -> None:
    """Draws the page."""
    st.title(say("Live"), anchor=False)
    info = source.current()
    if watched.look(info.id).status is Status.RUNNING:
        st.fragment(_going_on, run_every=EVERY)(info)
    else:
        _ended(info, watched.look(info.id))
    _others(info)


def _going_on(info: RunInfo) -> None:
    """Updates itself. When the run has ended, the whole page is drawn once more, without updates."""
    look = watched.look(info.id)
    if look.status is not Status.RUNNING:
        st.rerun()
    _heading(info, look)
    if look.gone:
        _gone(info, look)
    running.show(look)


def _heading(info: RunInfo, look: Look) -> None:
    """Which run it is and where it stands."""
    began = wording.moment(info.created, year=False)
    facts = [info.name, say("started {time}", time=began)]
    with st.container(horizontal=True, vertical_alignment="center"):
        if look.status is not Status.RUNNING:
            st.badge(wording.status(look.status), color="green" if look.status is Status.DONE else "orange")
        elif look.gone:
            st.badge(say("no sign of life"), color="orange", icon=":material/heart_broken:")
        else:
            st.badge(say("running"), color="blue", icon=":material/sensors:")
            facts.append(say("seen {time}", time=running.seen(look)))
        st.text(plain.cell(" · ".join([*facts, info.id])))


def _gone(info: RunInfo, look: Look) -> None:
    st.warning(
        say(
            "The run says it is in progress, but its process gave no sign of life for {seconds} seconds: it "
            "was probably killed. Nothing that was done is lost.",
            seconds=f"{look.silent:,.0f}",
        ),
        icon=":material/heart_broken:",
    )
    _resume(info.id)


def _resume(run: str) -> None:
    command = watched.resume(run)
    if command is None:
        st.caption(say("It was started from Python: run the same sweep again with this `resume`."))
        plain.block(f'resume="{run}"', "resume")
    else:
        st.caption(say("To go on with it:"))
        plain.block(command, "resume")


def _ended(info: RunInfo, look: Look) -> None:
    _heading(info, look)
    if look.status is Status.DONE:
        st.success(say("This run has ended: all is done."), icon=":material/check_circle:")
    else:
        st.warning(say("This run has ended before all was done."), icon=":material/warning:")
    pages.link("leaderboard", run=info.id)
    running.show(look)
    if look.status is not Status.DONE:
        if look.error:
            plain.labelled(say("Why it ended"), look.error, "error")
        _resume(info.id)


def _others(info: RunInfo) -> None:
    """The other runs that say they are in progress; where none is, the most recent ones."""
    going = watched.going()
    others = [one for one in going if one.id != info.id]
    if others:
        st.subheader(say("Also in progress"), anchor=False)
        for one in others:
            state = say("no sign of life") if one.gone else say("running")
            _link(f"{one.name} · {one.id} · {state}", one.id)
    if all(one.gone for one in going):
        st.subheader(say("No run is in progress"), anchor=False)
        st.caption(say("The most recent runs; select one to see its results."))
        _recent(source.recent(RECENT), {one.id for one in going})


def _link(text: str, run: str) -> None:
    query = address.query(run=run)
    st.page_link(pages.page("live"), label=plain.literal(text), query_params=query, icon=":material/sensors:")


def _recent(runs: Sequence[RunInfo], gone: Collection[str]) -> None:
    def opens(place: int) -> None:
        pages.go("leaderboard", run=runs[place].id)

    tables.openable([_row(info, info.id in gone) for info in runs], "recent", opens)


def _row(info: RunInfo, gone: bool) -> dict[str, Any]:
    return {
        say("run"): labels.of_run(info),
        say("status"): say("no sign of life") if gone else wording.status(info.status),
        say("records"): f"{info.done + info.errors:,} / {info.planned:,}",
        say("errors"): info.errors,
        say("cost"): wording.dollars(info.cost),
    }
