"""Bars of several parts, a line each: what something is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt

from promptsweep.reports.charts.whiskers import AXIS_HEIGHT, ROW_HEIGHT

LEGEND_HEIGHT = 64
"""Pixels for the legend below the axis."""


class Part(NamedTuple):
    """One piece of one bar."""

    label: str
    """The bar's."""
    part: str
    value: float
    text: str
    """The value as text."""


def stacks(parts: Sequence[Part], title: str, *, arm: str) -> Any:
    """Bars in the given order, their pieces in the order in which they first occur; `arm` names the bars."""
    names = list(dict.fromkeys(one.part for one in parts))
    rows = [{**one._asdict(), "place": names.index(one.part)} for one in parts]
    bars = len({one.label for one in parts})
    axis = alt.Axis(labelLimit=360, labelFontSize=13, labelPadding=12, ticks=False, domain=False)
    return (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(size=18, cornerRadius=1)
        .encode(
            y=alt.Y("label:N", sort=None, title=None, axis=axis),
            x=alt.X("value:Q", stack="zero", axis=alt.Axis(title=title, format=",.3~s", tickCount=6)),
            color=alt.Color("part:N", sort=names, legend=alt.Legend(title=None, orient="bottom")),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("label:N", title=arm),
                alt.Tooltip("part:N", title=title),
                alt.Tooltip("text:N", title="="),
            ],
        )
        .properties(height=ROW_HEIGHT * bars + AXIS_HEIGHT + LEGEND_HEIGHT)
    )
