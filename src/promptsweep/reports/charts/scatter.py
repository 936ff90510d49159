"""Points on two axes: what arms cost and what they score, with the best for their cost joined by a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import altair as alt

HEIGHT = 320
"""Pixels."""
DECADES = 30
"""A cost axis whose ends differ by more than this factor is logarithmic."""
APART = 0.09
"""Part of the chart's height that lies between two names at least."""
_ZOOM = "wheel![event.ctrlKey]"


@dataclass(frozen=True, slots=True)
class Point:
    """One arm of a scatter chart."""

    label: str
    cost: float
    score: float
    cost_text: str
    """The same as text."""
    score_text: str
    strong: bool
    """One that no other beats for its cost: filled, on the line, and named where there is room."""


def scatter(rows: Sequence[Point], cost: str, score: str) -> Any:
    """The rows as points, `cost` to the right and `score` upwards.

    Dragging moves the chart, Ctrl and the wheel zoom, a double click resets.
    """
    x = alt.X("cost:Q", scale=_cost_scale(rows), axis=alt.Axis(title=cost, tickCount=6, format=",.3~r"))
    y = alt.Y("score:Q", scale=alt.Scale(zero=False, nice=True, padding=16), axis=alt.Axis(title=score))
    texts = (("label", "arm"), ("score_text", score), ("cost_text", cost))
    tooltip = [alt.Tooltip(f"{name}:N", title=title) for name, title in texts]

    def base(some: Sequence[Point]) -> Any:
        data = alt.InlineData(values=[asdict(row) for row in some])
        return alt.Chart(data).encode(x=x, y=y, tooltip=tooltip)

    strong, others = [row for row in rows if row.strong], [row for row in rows if not row.strong]
    moves = alt.selection_interval(bind="scales", zoom=_ZOOM)
    layers = [
        base(strong).mark_line(strokeDash=[4, 4], opacity=0.6, interpolate="step-after", tooltip=False),
        base(strong).mark_point(size=130, filled=True, opacity=1).add_params(moves),
        *([base(others).mark_point(size=110, strokeWidth=2, opacity=0.75)] if others else []),
    ]
    middle = max(row.cost for row in rows) / 2
    for align, dx in (("left", 8), ("right", -8)):  # names stand towards the middle of the chart
        side = [row for row in _named(strong) if (row.cost > middle) == (align == "right")]
        named = base(side).mark_text(align=align, dx=dx, dy=-10, limit=300).encode(text="label:N")
        layers += [named] if side else []
    return alt.layer(*layers).properties(height=HEIGHT)


def _named(rows: Sequence[Point]) -> list[Point]:
    """Those whose names do not stand in each other's way, from the best downwards."""
    found: list[Point] = []
    apart = APART * (max(row.score for row in rows) - min(row.score for row in rows))
    for row in sorted(rows, key=lambda row: -row.score):
        if not found or found[-1].score - row.score > apart:
            found.append(row)
    return found


def _cost_scale(rows: Sequence[Point]) -> alt.Scale:
    costs = [row.cost for row in rows]
    wide = min(costs) > 0 and max(costs) > DECADES * min(costs)
    return alt.Scale(type="log", nice=True) if wide else alt.Scale(zero=True, nice=True)
