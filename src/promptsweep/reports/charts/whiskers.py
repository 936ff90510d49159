"""Dots with whiskers: values and their intervals, a line each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

ROW_HEIGHT = 34
"""Pixels for each arm."""
AXIS_HEIGHT = 72
"""Pixels for the axis below."""
PALE = 0.72
"""Opacity that still leaves 3:1 between a mark and its background (WCAG 1.4.11)."""

BAND = 0.13
"""Opacity of a band behind marks and grid."""


@dataclass(frozen=True, slots=True)
class Whisker:
    """One line of a dot-and-whisker chart."""

    label: str
    value: float
    low: float
    high: float
    text: str
    """The same as text."""
    strong: bool = True
    """Drawn paler and hollow where False: a difference that is not shown to be one."""
    shaded: bool = False
    """Drawn on a band of colour, to mark a group."""


def whiskers(
    rows: Sequence[Whisker],
    title: str,
    *,
    zero: bool = False,
    what: str = "arm",
    labels: int = 360,
) -> Any:
    """Dots with their intervals, one line each in the given order; with `zero`, a rule at 0 to compare with.

    The axis runs from 0 to 1 where all lies between, so that charts of the same metric look alike. `what` is
    what a line is called, `labels` the most pixels of its label.
    """
    data = alt.InlineData(values=[_datum(row) for row in rows])
    share = not zero and all(0 <= edge <= 1 for row in rows for edge in (row.value, row.low, row.high))
    scale = alt.Scale(domain=[0, 1]) if share else alt.Scale(zero=False, nice=True, padding=12)
    axis = alt.Axis(
        title=title, titleAnchor="end", grid=True, tickCount=6, format="+.2~f" if zero else ",.2~f"
    )
    order = [row.label for row in rows]  # said, since a chart that is redrawn forgets the order of its data
    base = alt.Chart(data).encode(
        y=alt.Y(
            "label:N",
            scale=alt.Scale(domain=order),
            title=None,
            axis=alt.Axis(labelLimit=labels, labelFontSize=13, labelPadding=12, ticks=False, domain=False),
        ),
        opacity=alt.condition("datum.strong", alt.value(1.0), alt.value(PALE)),
        tooltip=[alt.Tooltip("label:N", title=what), alt.Tooltip("text:N", title=title)],
    )
    layers = list(_marks(base, rows, lambda field: alt.X(field, scale=scale, axis=axis)))
    if zero:
        rule = alt.Chart(alt.InlineData(values=[{"at": 0}])).mark_rule(strokeDash=[4, 4], color="gray")
        layers.insert(0, rule.encode(x=alt.X("at:Q", scale=scale, axis=axis)))
    return alt.layer(*layers).properties(height=ROW_HEIGHT * len(rows) + AXIS_HEIGHT)


def _marks(base: Any, rows: Sequence[Whisker], x: Callable[[str], Any]) -> Iterator[Any]:
    """The layers from back to front, none without a mark: Vega warns of what has no extent."""
    if any(row.shaded for row in rows):
        band = base.transform_filter("datum.shaded").mark_rect(aria=False)
        yield band.encode(x=alt.value(0), x2=alt.value("width"), opacity=alt.value(BAND))
    yield base.mark_bar(size=3, cornerRadius=1.5).encode(x=x("low:Q"), x2="high:Q")
    if any(row.strong for row in rows):
        yield base.transform_filter("datum.strong").mark_circle(size=130, aria=False).encode(x=x("value:Q"))
    if not all(row.strong for row in rows):
        ring = base.transform_filter("!datum.strong").mark_point(size=130, strokeWidth=2.5, aria=False)
        yield ring.encode(x=x("value:Q"))


def _datum(row: Whisker) -> dict[str, Any]:
    """The row as JSON knows it: an end that is not finite is left out, and so is its whisker."""
    ends = {name: value for name, value in (("low", row.low), ("high", row.high)) if math.isfinite(value)}
    flags = {"strong": row.strong, "shaded": row.shaded}
    return {"label": row.label, "value": row.value, "text": row.text, **flags, **ends}
