"""What a visitor wrote and did not save: it outlives a look at another page, and ends with the session."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

_TEXTS: Final = "kept-texts"


def area(label: str, name: str, default: str, **widget: Any) -> str:
    """Draws a text area that holds `default` until something else is written; `name` is unique."""
    texts, key = st.session_state.setdefault(_TEXTS, {}), f"area-{name}"
    if key not in st.session_state:
        st.session_state[key] = texts.get(name, default)
    text: str = st.text_area(label, key=key, **widget)
    texts[name] = text
    return text


def forget(names: list[str]) -> None:
    """The areas of these names hold their defaults again. To be called before they are drawn."""
    for name in names:
        st.session_state.get(_TEXTS, {}).pop(name, None)
        st.session_state.pop(f"area-{name}", None)
