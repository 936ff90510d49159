"""The dashboard's frame: the run in the sidebar, the pages, and help where there is nothing to show."""

from __future__ import annotations

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from promptsweep.dashboard import access, address, ink, labels, pages, plain, source
from promptsweep.dashboard.words import language, say, usual
from promptsweep.errors import ConfigError, PromptsweepError
from promptsweep.reports.browse import RunName
from promptsweep.words import LANGUAGES


def main() -> None:
    """Draws the dashboard."""
    about = say("promptsweep finds out which prompt is really better, by how much, and at what cost.")
    st.set_page_config("promptsweep", "⚖️", "wide", menu_items={"About": about})  # the menu also has the theme
    current = st.navigation([pages.page(name) for name in pages.offered()], position="hidden")
    if not access.admitted():
        return
    ink.use()
    try:
        _sidebar()
        current.run()
    except PromptsweepError as error:
        _nothing(say("Nothing to show here"), str(error))
    except SQLAlchemyError as error:
        source.reopen()
        _nothing(say("The store cannot be read"), str(getattr(error, "orig", None) or error))


def _sidebar() -> None:
    """The pages as links that keep the run, the run, and the language."""
    st.sidebar.title(":material/balance: promptsweep", anchor=False)
    links, chooser = st.sidebar.container(gap="xxsmall"), st.sidebar.container()
    with st.sidebar:
        names_of = LANGUAGES.__getitem__
        bound = address.bound("lang", language(), usual())
        st.selectbox(say("Language"), list(LANGUAGES), format_func=names_of, **bound)
    with links:
        for name in pages.offered():
            pages.link(name)
    runs = _runs()
    chosen = _chosen(runs)
    if runs:
        chooser.selectbox(
            say("Run"),
            list(runs),
            format_func=lambda identity: labels.of_run(runs[identity]),
            placeholder=say("Choose a run"),
            **address.bound("run", chosen, "", *address.OF_RUN),
        )


def _runs() -> dict[str, RunName]:
    """The newest runs by id; none where there is no store yet, which some pages can do without."""
    try:
        return {info.id: info for info in source.runs()}
    except ConfigError:
        return {}


def _chosen(runs: dict[str, RunName]) -> str | None:
    """The id of the run that the URL names, None where it is unknown; a run older than `runs` joins them."""
    try:
        info = source.current()
    except ConfigError:
        return None
    runs.setdefault(info.id, info)
    return info.id


def _nothing(title: str, reason: str) -> None:
    """Says what is missing, and how to come by it."""
    st.header(title, anchor=False)
    plain.block(reason)
    st.markdown(
        say(
            "`promptsweep run quickstart` makes a run. `promptsweep list` lists the runs of a store, and "
            "`promptsweep dashboard --store FILE` shows another store."
        )
    )
