"""Scores by the number of worked examples, a line for each way to choose them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import altair as alt


@dataclass(frozen=True, slots=True)
class Shot:
    """One number of examples by one selector."""

    k: int
    select: str
    value: float
    low: float
    high: float
    text: str
    """Value and interval, as text."""
    seeds: tuple[float, ...]
    """The mean of each seed: an arm of its own."""


def by_examples(rows: Sequence[Shot], x_title: str, y_title: str, seed_title: str, height: int = 320) -> Any:
    """Means with whiskers, selectors side by side at each k; a short tick for each of several seeds."""
    share = all(0 <= edge <= 1 for row in rows for edge in (row.low, row.high))
    scale = alt.Scale(domain=[0, 1]) if share else alt.Scale(zero=False, nice=True)
    selectors = list(dict.fromkeys(row.select for row in rows))
    legend = alt.Legend(title=None, orient="top", symbolOpacity=1)
    kinds = alt.Color("select:N", sort=selectors, legend=legend)
    means = alt.Chart(alt.InlineData(values=[asdict(row) for row in rows]))
    seeds = [
        {"k": row.k, "select": row.select, "seed": seed}
        for row in rows
        if len(row.seeds) > 1
        for seed in row.seeds
    ]
    x = alt.X("k:O", title=x_title, axis=alt.Axis(labelAngle=0, ticks=False))
    aside = alt.XOffset("select:N", sort=selectors)
    tooltip = [
        alt.Tooltip("k:O", title=x_title),
        alt.Tooltip("select:N", title=" "),
        alt.Tooltip("text:N", title=y_title),
    ]
    base = means.encode(x=x, xOffset=aside, color=kinds, tooltip=tooltip)
    y = alt.Y("value:Q", title=y_title, scale=scale, axis=alt.Axis(tickCount=6))
    layers = [
        base.mark_bar(size=3, cornerRadius=1.5, opacity=0.55).encode(
            y=alt.Y("low:Q", scale=scale), y2="high:Q"
        ),
        base.mark_point(filled=True, size=110, opacity=1).encode(
            y=y, shape=alt.Shape("select:N", sort=selectors, legend=legend)
        ),
    ]
    if seeds:
        ticks = alt.Chart(alt.InlineData(values=seeds)).mark_tick(thickness=2, size=18)
        layers.append(
            ticks.encode(
                x=x,
                xOffset=aside,
                color=kinds,
                y=alt.Y("seed:Q", scale=scale),
                tooltip=[*tooltip[:2], alt.Tooltip("seed:Q", title=seed_title, format=".3f")],
            )
        )
    return alt.layer(*layers).properties(height=height)
