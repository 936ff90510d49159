"""A reliability diagram: how sure, against how often right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import altair as alt


@dataclass(frozen=True, slots=True)
class Belief:
    """Answers that were about as sure."""

    confidence: float
    right: float
    low: float
    high: float
    count: int
    text: str
    """Share of right answers and its interval, as text."""


def diagram(rows: Sequence[Belief], x_title: str, y_title: str, count_title: str, height: int = 320) -> Any:
    """Dots with whiskers, as large as they hold answers, and the diagonal of perfect calibration."""
    square = alt.Scale(domain=[-0.03, 1.03], nice=False)  # room for the dots at both ends
    axis = alt.Axis(values=[0, 0.2, 0.4, 0.6, 0.8, 1], format=".1f")
    data = alt.InlineData(values=[asdict(row) for row in rows])
    base = alt.Chart(data).encode(
        x=alt.X("confidence:Q", title=x_title, scale=square, axis=axis),
        tooltip=[
            alt.Tooltip("confidence:Q", title=x_title, format=".2f"),
            alt.Tooltip("text:N", title=y_title),
            alt.Tooltip("count:Q", title=count_title, format=","),
        ],
    )
    ideal = alt.Chart(alt.InlineData(values=[{"at": 0}, {"at": 1}])).mark_line(
        color="gray", strokeDash=[4, 4], strokeWidth=1.5
    )
    y = alt.Y("right:Q", title=y_title, scale=square, axis=axis)
    return alt.layer(
        ideal.encode(x=alt.X("at:Q", scale=square), y=alt.Y("at:Q", scale=square)),
        base.mark_bar(size=3, cornerRadius=1.5, opacity=0.55).encode(
            y=alt.Y("low:Q", scale=square), y2="high:Q"
        ),
        base.mark_circle(opacity=0.9).encode(
            y=y, size=alt.Size("count:Q", scale=alt.Scale(range=[60, 500]), legend=None)
        ),
    ).properties(height=height)
