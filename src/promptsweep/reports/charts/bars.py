"""Bars: how much of each, one beside the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import altair as alt

from promptsweep.reports.charts import INK

ROW_HEIGHT, AXIS_HEIGHT = 40, 64
"""Pixels for each lying bar, and for the axis below."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar."""

    label: str
    value: float
    text: str
    """The value as text, written at the bar's end."""
    kind: str = ""
    """The group of bars it belongs to, where bars stand in groups."""


def lying(rows: Sequence[Bar], title: str) -> Any:
    """Bars from the left with their names before them and their values behind, in the given order."""
    data = alt.InlineData(values=[asdict(row) for row in rows])
    scale = alt.Scale(domain=[0, max((row.value for row in rows), default=0) * 1.1 or 1], nice=False)
    base = alt.Chart(data).encode(
        y=alt.Y(
            "label:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=360, labelFontSize=13, labelPadding=12, ticks=False, domain=False),
        ),
        x=alt.X("value:Q", scale=scale, axis=alt.Axis(title=title, tickCount=6)),
        tooltip=[alt.Tooltip("label:N", title=" "), alt.Tooltip("text:N", title=title)],
    )
    bars = base.mark_bar(height=18, cornerRadiusEnd=3)
    texts = base.mark_text(color=INK, align="left", dx=6).encode(text="text:N")
    return alt.layer(bars, texts).properties(height=ROW_HEIGHT * len(rows) + AXIS_HEIGHT)


def standing(rows: Sequence[Bar], x_title: str, y_title: str, height: int = 260) -> Any:
    """Bars in the given order with their values above; groups side by side, in colours with a legend."""
    data = alt.InlineData(values=[asdict(row) for row in rows])
    groups = list(dict.fromkeys(row.kind for row in rows))
    tooltip = [alt.Tooltip("label:N", title=x_title), alt.Tooltip("text:N", title=y_title)]
    base = alt.Chart(data).encode(
        x=alt.X("label:N", sort=None, title=x_title, axis=alt.Axis(labelAngle=0, ticks=False)),
        y=alt.Y("value:Q", title=y_title, axis=alt.Axis(tickCount=5)),
        tooltip=tooltip,
    )
    if len(groups) > 1:
        base = base.encode(
            xOffset=alt.XOffset("kind:N", sort=None),
            color=alt.Color("kind:N", sort=None, legend=alt.Legend(title=None, orient="top")),
            tooltip=[*tooltip, alt.Tooltip("kind:N", title=" ")],
        )
    bars = base.mark_bar(cornerRadiusEnd=2)
    texts = base.mark_text(color=INK, dy=-8, fontSize=11).encode(text="text:N")
    return alt.layer(bars, texts).properties(height=height)
