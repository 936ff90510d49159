"""The colour of what is written in charts: Streamlit's own is too pale to read (3.7:1 on white)."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

DARK, LIGHT = "#3d444d", "#c9d1d9"
"""On a light and on a dark background; 4.5:1 or more on each of the theme's (WCAG AA)."""
INK: Final = {"expr": f"luminance(background) > 0.4 ? '{DARK}' : '{LIGHT}'"}
"""Chosen in the browser, which alone knows the theme for sure."""


@cache
def use() -> None:
    """From now on charts are written in `INK`."""
    import altair as alt

    @alt.theme.register("promptsweep", enable=True)
    def _() -> Any:
        texts = {"labelColor": INK, "titleColor": INK}
        axis = {**texts, "labelFlush": False}  # the first label of many stays beside its mark
        return {"config": {"axis": axis, "legend": texts, "header": texts}}
