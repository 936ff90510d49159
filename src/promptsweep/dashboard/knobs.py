"""Parameters as widgets: only those that differ from their defaults stand in the URL, as one JSON object."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import streamlit as st

from promptsweep.dashboard import address, plain
from promptsweep.dashboard.words import say
from promptsweep.datasets import SELECTORS
from promptsweep.types import JSON

Values = Mapping[str, JSON]


def values(query: str, usual: Values) -> dict[str, JSON]:
    """What the URL says of `query`, `usual` where it says nothing or no JSON object."""
    given = _object(address.get(query) or "")
    return dict(usual) if given is None else given


def put(query: str, given: Values, usual: Values) -> None:
    """Writes parameters into the URL."""
    address.put(query, None if given == usual else json.dumps(given, ensure_ascii=False))


def number(query: str, usual: Values, name: str, least: Any, most: Any, step: Any, **widget: Any) -> None:
    """Draws a number that may be empty; empty takes the parameter away."""
    given = values(query, usual).get(name)
    kind = type(least)
    fits = isinstance(given, int | float) and not isinstance(given, bool) and least <= given <= most
    key = _key(query, name)
    st.session_state[key] = kind(given) if fits else None
    bound: dict[str, Any] = {"key": key, "on_change": _picked, "args": (query, usual, name)}
    st.number_input(min_value=least, max_value=most, step=step, **bound, **widget)


def others(query: str, usual: Values, drawn: Collection[str], label: str) -> None:
    """Draws all parameters that have no widget of their own, as JSON in one line."""
    rest = {name: value for name, value in values(query, usual).items() if name not in drawn}
    key = _key(query, "others")
    problem = st.session_state.pop(f"{key}-problem", None)
    if problem is None:
        st.session_state[key] = json.dumps(rest, ensure_ascii=False) if rest else ""
    bound: dict[str, Any] = {"key": key, "on_change": _written, "args": (query, usual, drawn)}
    st.text_input(label, placeholder='{"top_p": 0.9}', **bound)
    if problem is not None:
        st.caption(say(":material/error: This is no JSON object, so it is not used."))


def of_strategy(query: str, params: Values) -> dict[str, JSON]:
    """Draws every parameter of a strategy by the kind of its default; returns those that differ."""
    given = {name: value for name, value in values(query, {}).items() if name in params}
    columns = st.columns(4)
    for place, (name, default) in enumerate(params.items()):
        with columns[place % 4]:
            _knob(query, name, given.get(name, default), default)
    return given


def _knob(query: str, name: str, value: JSON, default: JSON) -> None:
    key = _key(query, name)
    bound: dict[str, Any] = {"key": key, "on_change": _picked, "args": (query, {}, name, default)}
    kind, label = type(default), plain.inline(name)
    if kind is float and type(value) is int:
        value = float(value)
    if kind in (str, bool, int, float):
        st.session_state[key] = value if type(value) is kind else default
    else:
        st.session_state[key] = json.dumps(value, ensure_ascii=False)
    if name == "select" and value in SELECTORS:
        st.selectbox(label, SELECTORS, **bound)
    elif kind is bool:
        st.toggle(label, **bound)
    elif kind in (int, float):
        st.number_input(label, step=1 if kind is int else 0.1, **bound)
    else:
        st.text_input(label, **bound)


def _picked(query: str, usual: Values, name: str, default: JSON = None) -> None:
    value = st.session_state[_key(query, name)]
    if not isinstance(default, str | bool | int | float) and isinstance(value, str):
        value = _json(value)
    changed = {**values(query, usual), name: value}
    if value == default and type(value) is type(default):
        del changed[name]
    put(query, changed, usual)


def _written(query: str, usual: Values, drawn: Collection[str]) -> None:
    key = _key(query, "others")
    rest = _object(st.session_state[key].strip() or "{}")
    if rest is None:
        st.session_state[f"{key}-problem"] = True
        return
    kept = {name: value for name, value in values(query, usual).items() if name in drawn}
    put(query, {**kept, **{name: value for name, value in rest.items() if name not in drawn}}, usual)


def _object(text: str) -> dict[str, JSON] | None:
    found = _json(text)
    return found if isinstance(found, dict) else None


def _json(text: str) -> JSON:
    """What the text says as JSON, the text itself where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _key(query: str, name: str) -> str:
    return f"{query}-{name}"
