"""The URL is the only state: all that is chosen is in its query, so that a link reproduces the view."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
    "target",
    "answer",
    "field",
    "value",
    "order",
    "of",
    "page",
    "sample",
    "repeat",
    "at",
    "since",
    "arms",
    "one",
    "two",
    "item",
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
    change(**{name: value})


def change(**values: str | None) -> None:
    """Sets several values of the query in one step of the browser's history; None takes one away."""
    changed = {**{name: st.query_params.get_all(name) for name in st.query_params}, **values}
    st.query_params.from_dict({name: value for name, value in changed.items() if value is not None})


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


def picks(
    label: str, name: str, options: list[str], *clears: str, default: Sequence[str] = (), **widget: Any
) -> list[str]:
    """Draws a choice of several plain-text `options`, each a value of the query; `default` at first."""
    wanted, usual = st.query_params.get_all(name), list(default)
    st.session_state[name] = [one for one in options if one in wanted] or usual
    bound: dict[str, Any] = {"key": name, "on_change": _write_several, "args": (name, usual, *clears)}
    chosen: list[str] = st.multiselect(label, options, **bound, **widget)
    return chosen


def _write_several(name: str, default: list[str], *clears: str) -> None:
    chosen = st.session_state[name]
    if chosen in (default, []):
        put(name, None)
    else:
        st.query_params[name] = chosen
    for other in clears:
        put(other, None)


def _write(name: str, default: Any, *clears: str) -> None:
    value = st.session_state[name]
    change(**{name: None if value in (default, None) else str(value)}, **dict.fromkeys(clears))
