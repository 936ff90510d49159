"""A timeline: what ran when, a line for each call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import altair as alt

from promptsweep.reports.charts import INK

ROW_HEIGHT, FRAME = 28, 120
"""Pixels for each call, and for the legend above and the axis below."""


@dataclass(frozen=True, slots=True)
class Span:
    """One line of a timeline."""

    label: str
    """Unique in its timeline."""
    kind: str
    """What its colour and the legend say."""
    started: float
    ended: float
    text: str
    """How long it took, written beside the bar."""


def timeline(rows: Sequence[Span], title: str, row_title: str) -> Any:
    """Bars from start to end over seconds, in the given order; the titles name the axis and a row."""
    data = alt.InlineData(values=[asdict(row) for row in rows])
    end = max((row.ended for row in rows), default=0.0)
    scale = alt.Scale(domain=[0, end * 1.08 or 1], nice=False)
    base = alt.Chart(data).encode(
        y=alt.Y(
            "label:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=320, labelPadding=10, labelOverlap=False, ticks=False, domain=False),
        ),
        tooltip=[
            alt.Tooltip("label:N", title=row_title),
            alt.Tooltip("text:N", title=title),
        ],
    )
    bars = base.mark_bar(height=14, cornerRadius=3).encode(
        x=alt.X("started:Q", scale=scale, axis=alt.Axis(title=title, tickCount=8, grid=True)),
        x2="ended:Q",
        color=alt.Color("kind:N", sort=None, legend=alt.Legend(title=None, orient="top")),
    )
    texts = base.mark_text(color=INK, align="left", dx=6, fontSize=11).encode(
        x=alt.X("ended:Q", scale=scale), text="text:N"
    )
    return alt.layer(bars, texts).properties(height=ROW_HEIGHT * len(rows) + FRAME)
