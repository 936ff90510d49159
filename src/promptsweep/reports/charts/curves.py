"""A value that changes step by step, with its interval at each step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt


@dataclass(frozen=True, slots=True)
class Point:
    """One step."""

    at: int
    value: float
    low: float
    high: float
    text: str
    """Value and interval as text."""
    marked: bool = False
    """Drawn filled and larger: the step that is used."""


def curve(points: Sequence[Point], x_title: str, y_title: str, height: int = 220) -> Any:
    """A line through the points with a whisker at each; whole steps on the axis below."""
    data = alt.InlineData(values=[_datum(point) for point in points])
    share = all(0 <= edge <= 1 for point in points for edge in (point.value, point.low, point.high))
    tall = share and max(point.high for point in points) > 0.5  # small shares would lie flat on the floor
    scale = alt.Scale(domain=[0, 1]) if tall else alt.Scale(zero=False, nice=True, padding=8)
    base = alt.Chart(data).encode(
        x=alt.X("at:O", title=x_title, axis=alt.Axis(labelAngle=0, ticks=False)),
        tooltip=[alt.Tooltip("at:O", title=x_title), alt.Tooltip("text:N", title=y_title)],
    )
    y = alt.Y("value:Q", title=y_title, scale=scale, axis=alt.Axis(tickCount=5))
    line = base.mark_line(strokeWidth=2).encode(y=y)
    whiskers = base.mark_bar(size=3, cornerRadius=1.5, opacity=0.55).encode(
        y=alt.Y("low:Q", scale=scale), y2="high:Q"
    )
    dots = base.mark_circle(opacity=1).encode(
        y=y, size=alt.condition("datum.marked", alt.value(220), alt.value(70))
    )
    return alt.layer(line, whiskers, dots).properties(height=height)


def _datum(point: Point) -> dict[str, Any]:
    """The point as JSON knows it: without an end that is not finite there is no whisker."""
    ends = {"low": point.low, "high": point.high}
    finite = all(math.isfinite(end) for end in ends.values())
    own = {"at": point.at, "value": point.value, "text": point.text, "marked": point.marked}
    return own | ends if finite else own
