"""The dashboard's frame: the run in the sidebar, the pages, and help where there is nothing to show.

`streamlit run` of this file, and of `dashboard.py` at the root of the repository, both open it.
"""

from __future__ import annotations

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from promptsweep.dashboard import address, pages, plain, source
from promptsweep.errors import ConfigError, PromptsweepError
from promptsweep.reports.browse import RunInfo


def main() -> None:
    """Draws the dashboard."""
    st.set_page_config(page_title="promptsweep", page_icon="⚖️", layout="wide")
    current = st.navigation([pages.page(name) for name in pages.PAGES], position="hidden")
    try:
        _sidebar()
        current.run()
    except PromptsweepError as error:
        _nothing("Nothing to show here", str(error))
    except SQLAlchemyError as error:
        source.reopen()
        _nothing("The store cannot be read", str(getattr(error, "orig", None) or error))


def _sidebar() -> None:
    """The pages as links that keep the run, and the run."""
    st.sidebar.title(":material/balance: promptsweep", anchor=False)
    links = st.sidebar.container(gap="xxsmall")
    runs = {info.id: info for info in source.runs()}
    chosen = _chosen(runs)
    with links:
        for name in pages.PAGES:
            pages.link(name)
    if runs:
        st.sidebar.selectbox(
            "Run",
            list(runs),
            format_func=lambda identity: _run_label(runs[identity]),
            placeholder="Choose a run",
            **address.bound("run", chosen, "", *address.OF_RUN),
        )


def _chosen(runs: dict[str, RunInfo]) -> str | None:
    """The id of the run that the URL names, None where it is unknown; a run older than `runs` joins them."""
    try:
        info = source.current()
    except ConfigError:
        return None
    runs.setdefault(info.id, info)
    return info.id


def _run_label(info: RunInfo) -> str:
    """Name, local time and the end of the id, which makes it unique."""
    return plain.line(f"{info.name} · {info.created.astimezone():%d %b %H:%M} · {info.id.rpartition('-')[2]}")


def _nothing(title: str, reason: str) -> None:
    """Says what is missing, and how to come by it."""
    st.header(title, anchor=False)
    plain.block(reason)
    st.markdown(
        "`promptsweep run quickstart` makes a run. `promptsweep list` lists the runs of a store, and "
        "`promptsweep dashboard --store FILE` shows another store."
    )


if __name__ == "__main__":
    main()
