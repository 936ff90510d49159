"""The dashboard's frame: the run in the sidebar, the pages, and help where there is nothing to show.

`streamlit run` of this file, and of `dashboard.py` at the root of the repository, both open it.
"""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from promptsweep.dashboard import address, plain, source
from promptsweep.errors import ConfigError, PromptsweepError
from promptsweep.reports.browse import RunInfo


class _Page(NamedTuple):
    view: str
    """The name of its file in `views/`, and its path in the URL."""
    title: str
    icon: str


PAGES = (
    _Page("leaderboard", "Leaderboard", ":material/leaderboard:"),
    _Page("compare", "Compare", ":material/compare_arrows:"),
    _Page("samples", "Samples", ":material/table_rows:"),
    _Page("trace", "Trace", ":material/account_tree:"),
)


def main() -> None:
    """Draws the dashboard; the first of `PAGES` is the one it opens with."""
    st.set_page_config(page_title="promptsweep", page_icon=":material/balance:", layout="wide")
    pages = [
        st.Page(
            address.path(page.view), title=page.title, icon=page.icon, url_path=page.view, default=not place
        )
        for place, page in enumerate(PAGES)
    ]
    current = st.navigation(pages, position="hidden")
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
    links = st.sidebar.container(gap=None)
    runs = {info.id: info for info in source.runs()}
    chosen = _chosen(runs)
    with links:
        for page in PAGES:
            address.link(page.view, page.title, page.icon)
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
    return plain.cell(f"{info.name} · {info.created.astimezone():%d %b %Y %H:%M} · {info.status.value}")


def _nothing(title: str, reason: str) -> None:
    """Says what is missing, and how to come by it."""
    st.title(title, anchor=False)
    plain.block(reason)
    st.markdown(
        "`promptsweep run quickstart` makes a run. `promptsweep list` lists the runs of a store, and "
        "`promptsweep dashboard --store FILE` shows another store."
    )


if __name__ == "__main__":
    main()
