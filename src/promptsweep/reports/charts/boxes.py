"""Distributions, a line each: 5th to 95th percentile, the middle half thick, the median marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt

from promptsweep.reports.charts.whiskers import AXIS_HEIGHT, ROW_HEIGHT


class Box(NamedTuple):
    """The quantiles of one distribution."""

    label: str
    p05: float
    p25: float
    p50: float
    p75: float
    p95: float
    p50_text: str
    p95_text: str


def boxes(rows: Sequence[Box], title: str, *, arm: str, median: str, most: str) -> Any:
    """Boxes in the given order; `arm`, `median` and `most` (95th percentile) are words of tooltips."""
    scale = alt.Scale(zero=True, nice=True)
    axis = alt.Axis(title=title, grid=True, tickCount=6, format=",.3~g")
    base = alt.Chart(alt.InlineData(values=[row._asdict() for row in rows])).encode(
        y=alt.Y(
            "label:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=360, labelFontSize=13, labelPadding=12, ticks=False, domain=False),
        ),
        tooltip=[
            alt.Tooltip("label:N", title=arm),
            alt.Tooltip("p50_text:N", title=median),
            alt.Tooltip("p95_text:N", title=most),
        ],
    )
    line = base.mark_bar(size=3, opacity=0.6).encode(x=alt.X("p05:Q", scale=scale, axis=axis), x2="p95:Q")
    box = base.mark_bar(size=15, opacity=0.6, cornerRadius=2).encode(
        x=alt.X("p25:Q", scale=scale), x2="p75:Q"
    )
    mark = base.mark_tick(size=19, thickness=3, opacity=1).encode(x=alt.X("p50:Q", scale=scale))
    return alt.layer(line, box, mark).properties(height=ROW_HEIGHT * len(rows) + AXIS_HEIGHT)
