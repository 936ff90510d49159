"""A heat map of a confusion matrix, of which a cell can be picked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import altair as alt

from promptsweep.reports.charts import INK

PICK = "cell"
"""Name of the selection that holds the picked cell's `row` and `column`."""
MOST_WRITTEN = 14
"""With more columns than this the numbers do not fit into the cells: they are in the tooltip."""
MOST_NAMED = 40
"""With more columns than this some names are left out, so that the others can be read."""
CELL, FRAME = 46, 120
"""Pixels of a row, and around the rows."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell."""

    row: str
    column: str
    value: int
    share: float
    """Of the row, from 0 to 1: how dark the cell is."""
    text: str
    """Value and share, as text."""


def heatmap(cells: Sequence[Cell], x_title: str, y_title: str, value_title: str) -> Any:
    """Cells as dark as their share of the row, rows and columns in the order in which they come."""
    data = alt.InlineData(values=[asdict(cell) for cell in cells])
    columns = list(dict.fromkeys(cell.column for cell in cells))
    rows = list(dict.fromkeys(cell.row for cell in cells))
    pick = alt.selection_point(name=PICK, fields=["row", "column"], empty=False)
    base = alt.Chart(data).encode(
        x=alt.X(
            "column:N",
            sort=columns,
            axis=alt.Axis(
                title=x_title,
                orient="top",
                labelAngle=0 if len(columns) <= 6 else -40,
                labelOverlap=len(columns) > MOST_NAMED,
                labelLimit=160,
            ),
        ),
        y=alt.Y("row:N", sort=rows, axis=alt.Axis(title=y_title, labelLimit=200)),
        tooltip=[
            alt.Tooltip("row:N", title=y_title),
            alt.Tooltip("column:N", title=x_title),
            alt.Tooltip("text:N", title=value_title),
        ],
    )
    # Never so dark that text in the theme's own colour could not be read on it, in light or dark.
    opacity = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.03, 0.6]), legend=None)
    squares = base.mark_rect(stroke="gray", strokeOpacity=0.25, cursor="pointer", cornerRadius=3)
    layers = [squares.encode(opacity=opacity).add_params(pick)]
    if len(columns) <= MOST_WRITTEN:
        faint = alt.condition("datum.value > 0", alt.value(1.0), alt.value(0.3))
        layers.append(
            base.mark_text(color=INK, fontSize=13, cursor="pointer").encode(text="text:N", opacity=faint)
        )
    height = CELL if len(columns) <= MOST_WRITTEN else max(8, 520 // len(rows))
    return alt.layer(*layers).properties(height=height * len(rows) + FRAME)
