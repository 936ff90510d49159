"""How charts look outside the dashboard: on a page whose style sheet has the colours, and as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FONTS = (
    'system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans KR", "Noto Sans CJK KR", '
    '"Apple SD Gothic Neo", "Malgun Gothic", sans-serif'
)
"""Latin letters and Hangul, wherever a page is read."""
PICTURE_FONTS = '"Noto Sans CJK KR", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif'
"""Fonts that have both, as a picture takes one for all its letters."""
MARK = "#0f6e84"
"""The first colour of the dashboard's light theme."""


def page_theme() -> dict[str, Any]:
    """For SVG in a page: colours are the variables of its style sheet, so that they follow light and dark."""
    return _theme({"ink": "var(--ink)", "faint": "var(--line)", "mark": "var(--mark)"}, FONTS)


def picture_theme() -> dict[str, Any]:
    """For files: dark on white."""
    theme = _theme({"ink": "#1f2328", "faint": "#d9dee3", "mark": MARK}, PICTURE_FONTS)
    return theme | {"background": "#ffffff", "padding": 16}


def _theme(colours: Mapping[str, str], font: str) -> dict[str, Any]:
    ink, faint, mark = colours["ink"], colours["faint"], colours["mark"]
    axis = {
        "labelColor": ink,
        "titleColor": ink,
        "gridColor": faint,
        "domainColor": faint,
        "tickColor": faint,
    }
    return {
        "background": "transparent",
        "font": font,
        "axis": {
            **axis,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": 500,
            "titlePadding": 10,
        },
        "title": {"color": ink, "fontSize": 15, "fontWeight": 600, "anchor": "start", "offset": 12},
        "mark": {"color": mark},
        "range": {"category": [mark]},
        "text": {"color": ink, "fontSize": 12},
        "view": {"stroke": None},
    }
