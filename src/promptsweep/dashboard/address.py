"""The URL is the only state: all that is chosen is in its query, so that a link reproduces the view."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

OF_RUN = (
    "other",
    "dataset",
    "model",
    "strategy",
    "setting",
    "baseline",
    "arm",
    "against",
    "metric",
    "series",
    "cell",
    "all",
    "slice",
    "outcome",
    "wrong",
    "search",
    "page",
    "sample",
    "repeat",
    "at",
    "since",
)
"""What means something only within one run: gone from the query when another run is picked."""
KEPT = ("run", "lang")
"""What every page's link takes along."""


def get(name: str) -> str | None:
    """A value of the query, None where it is absent or empty."""
    return st.query_params.get(name) or None


def number(name: str, default: int) -> int:
    """A value of the query as a whole number of at most nine digits, `default` for anything else."""
    given = get(name) or ""
    return int(given) if re.fullmatch(r"[0-9]{1,9}", given) else default


def put(name: str, value: str | None) -> None:
    """Sets a value of the query; None takes it away."""
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def query(**values: str | None) -> dict[str, str]:
    """The query of another page: the run and language that are shown, and `values` that are not None."""
    kept = {name: get(name) for name in KEPT}
    return {name: value for name, value in {**kept, **values}.items() if value is not None}


def bound(name: str, value: Any, default: Any, *clears: str) -> dict[str, Any]:
    """Arguments that tie a widget to the query's `name`: it shows `value`, and a pick is written there.

    The default is not written. A pick takes the names `clears` from the query.
    """
    st.session_state[name] = value
    return {"key": name, "on_change": _write, "args": (name, default, *clears)}


def pick(label: str, name: str, options: list[str], *clears: str, **widget: Any) -> str:
    """Draws a select box over plain-text `options`; the first is the default, also for an unknown value."""
    wanted = get(name)
    value = wanted if wanted in options else options[0]
    chosen: str = st.selectbox(label, options, **widget, **bound(name, value, options[0], *clears))
    return chosen


def picks(label: str, name: str, options: list[str], **widget: Any) -> list[str]:
    """Draws a choice of several plain-text `options`, none at first; each is a value of the query."""
    st.session_state[name] = [one for one in st.query_params.get_all(name) if one in options]
    chosen: list[str] = st.multiselect(label, options, key=name, on_change=_write_all, args=(name,), **widget)
    return chosen


def _write_all(name: str) -> None:
    if st.session_state[name]:
        st.query_params[name] = st.session_state[name]
    else:
        put(name, None)


def _write(name: str, default: Any, *clears: str) -> None:
    value = st.session_state[name]
    put(name, None if value in (default, None) else str(value))
    for other in clears:
        put(other, None)
