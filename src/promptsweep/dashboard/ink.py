"""The colour of what is written in charts and on what is chosen: Streamlit's own is too pale to read."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import streamlit as st

DARK, LIGHT = "#3d444d", "#c9d1d9"
"""On a light and on a dark background; 4.5:1 or more on each of the theme's (WCAG AA)."""
INK: Final = {"expr": f"luminance(background) > 0.4 ? '{DARK}' : '{LIGHT}'"}
"""Chosen in the browser, which alone knows the theme for sure. Streamlit's own has 3.7:1 on white."""
CHOSEN: Final = """<style>
[data-testid=stButtonGroup] [role=radiogroup] button[role=radio][aria-checked=true][data-selected],
[data-testid=stTabs] [role=tab][aria-selected=true] { color: inherit }
</style>"""
"""A chosen segment or tab is written in the colour of text: no primary colour is dark enough below white
and light enough on a dark background. Border, tint and underline tell that it is chosen."""


def use() -> None:
    """Writes charts in `INK`, and what is chosen as `CHOSEN` says."""
    _in_charts()
    st.html(CHOSEN)


@cache
def _in_charts() -> None:
    import altair as alt

    @alt.theme.register("promptsweep", enable=True)
    def _() -> Any:
        texts = {"labelColor": INK, "titleColor": INK}
        axis = {**texts, "labelFlush": False}  # the first label of many stays beside its mark
        return {"config": {"axis": axis, "legend": texts, "header": texts}}
