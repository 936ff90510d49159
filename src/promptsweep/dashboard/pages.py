"""The pages: modules in `views/` whose `show()` draws them. A new page is a module there and a line here."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Final, NamedTuple

import streamlit as st

from promptsweep.dashboard import access, address
from promptsweep.dashboard.words import say


class Face(NamedTuple):
    """How a page is announced."""

    title: str
    icon: str
    writes: bool = False
    """Whether it sends or stores something, so that `--read-only` leaves it out."""


PAGES: Final = {
    "leaderboard": Face("Leaderboard", ":material/leaderboard:"),
    "compare": Face("Compare", ":material/compare_arrows:"),
    "samples": Face("Samples", ":material/table_rows:"),
    "trace": Face("Trace", ":material/account_tree:"),
    "anatomy": Face("Anatomy", ":material/biotech:"),
    "classes": Face("Classification", ":material/grid_on:"),
    "cost": Face("Cost and speed", ":material/payments:"),
    "trends": Face("Trends", ":material/trending_up:"),
    "live": Face("Live", ":material/sensors:"),
    "playground": Face("Playground", ":material/experiment:", writes=True),
    "chat": Face("Chat", ":material/chat:", writes=True),
    "grade": Face("Grade", ":material/rule:", writes=True),
}
FIRST: Final = "leaderboard"


def offered() -> list[str]:
    """The names of the pages that may be seen: with `--read-only` those that write are left out."""
    return [name for name, face in PAGES.items() if not (face.writes and access.read_only())]


def page(name: str) -> st.Page:
    """A page as Streamlit knows it; its name is its path in the URL."""
    face = PAGES[name]
    return st.Page(_show(name), title=say(face.title), icon=face.icon, url_path=name, default=name == FIRST)


def link(name: str, **values: str | None) -> None:
    """Draws a link to a page that shows the same run, with `values` in its query; none to one left out."""
    if name in offered():
        st.page_link(page(name), width="stretch", query_params=address.query(**values))


def go(name: str, **values: str | None) -> None:
    """Opens another page on the same run, with `values` in its query."""
    st.switch_page(page(name), query_params=address.query(**values))


@cache
def _show(name: str) -> Callable[[], None]:
    def show() -> None:
        import_module(f"promptsweep.dashboard.views.{name}").show()

    return show
