"""Tables of records, and rows of them that open a trace."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import streamlit as st

ABSENT = "–"
SHADE = "background-color: rgba(20, 140, 165, 0.12)"
"""Of rows that belong together: readable on a light and on a dark table."""
Cells = Mapping[str, Any]


def table(rows: Sequence[Cells], columns: Cells | None = None, shaded: Collection[int] = ()) -> None:
    """Draws rows as a table; `columns` configures columns by name, `shaded` are the places of marked rows."""
    frame = _frame(rows)
    if shaded:
        frame = frame.style.apply(lambda row: [SHADE if row.name in shaded else ""] * len(row), axis=1)
    st.dataframe(frame, hide_index=True, height="content", placeholder=ABSENT, column_config=columns)


def openable(
    rows: Sequence[Cells], key: str, opens: Callable[[int], None], columns: Cells | None = None
) -> None:
    """Like `table`; selecting a row calls `opens` with its place."""
    picked = st.dataframe(
        _frame(rows),
        hide_index=True,
        height="content",
        placeholder=ABSENT,
        column_config=columns,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
    )
    for place in picked["selection"]["rows"]:
        if place < len(rows):  # a selection may outlive the rows it was made in
            opens(place)


def _frame(rows: Sequence[Cells]) -> Any:
    import pandas as pd

    return pd.DataFrame(list(rows))
