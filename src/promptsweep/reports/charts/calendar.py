"""Amounts by day: what was paid above the line, what was saved below it, a colour for each model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import altair as alt

MOST_DAYS = 100
"""Over a longer time, bars are of months."""


class Amount(NamedTuple):
    """What a model took on a day."""

    day: date
    model: str
    paid: float
    saved: float
    paid_text: str
    saved_text: str


class Words(NamedTuple):
    """Words of the chart."""

    unit: str
    day: str
    model: str
    paid: str
    saved: str


def calendar(amounts: Sequence[Amount], words: Words, value_format: str = ",.3~s") -> Any:
    """Bars over time; models are told apart by colour, and in the tooltip. `value_format` is d3's."""
    days = [one.day for one in amounts]
    monthly = (max(days) - min(days)).days > MOST_DAYS
    unit = "utcyearmonth" if monthly else "utcyearmonthdate"
    base = alt.Chart(alt.InlineData(values=[_datum(one) for one in amounts])).encode(
        x=alt.X("day:T", timeUnit=unit, axis=alt.Axis(title=None, format="%b %Y" if monthly else "%d %b")),  # type: ignore[arg-type]
        color=alt.Color(
            "model:N", legend=alt.Legend(title=None, orient="top", labelLimit=300, symbolOpacity=1)
        ),
        tooltip=[
            alt.Tooltip("day:T", timeUnit=unit, title=words.day, format="%b %Y" if monthly else "%d %b %Y"),  # type: ignore[arg-type]
            alt.Tooltip("model:N", title=words.model),
            alt.Tooltip("paid_text:N", title=words.paid),
            alt.Tooltip("saved_text:N", title=words.saved),
        ],
    )
    ticks = f"format(abs(datum.value), '{value_format}')"
    axis = alt.Axis(title=words.unit, labelExpr=ticks, tickCount=6)
    paid = base.mark_bar().encode(y=alt.Y("paid:Q", stack="zero", axis=axis))
    saved = base.mark_bar(opacity=0.35).encode(y=alt.Y("saved:Q", stack="zero"))
    rule = alt.Chart(alt.InlineData(values=[{"at": 0}])).mark_rule(color="gray").encode(y="at:Q")
    return alt.layer(paid, saved, rule).properties(height=300)


def _datum(one: Amount) -> dict[str, Any]:
    return {**one._asdict(), "day": one.day.isoformat(), "saved": -one.saved}
