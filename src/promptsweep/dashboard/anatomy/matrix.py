"""A confusion matrix whose cells open the samples in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import streamlit as st

from promptsweep.dashboard import address, downloads, pages, plain
from promptsweep.dashboard.words import say
from promptsweep.metrics import UNPARSED
from promptsweep.reports.charts.heatmaps import PICK, Cell, heatmap
from promptsweep.reports.classes import ClassTable

BETWEEN: Final = " → "
"""Between target and answer in the name of a cell."""


def show(table: ClassTable) -> None:
    """Draws the matrix, and the samples' links: by a click, or by a choice for those without a mouse."""
    st.subheader(say("For what each class is mistaken"), anchor=False)
    cells = list(_cells(table))
    st.markdown(_mistaken(cells))
    chart = heatmap([_shown(cell) for cell in cells], say("answer"), say("target"), say("records"))
    picked = st.altair_chart(chart, width="stretch", on_select="rerun", key="matrix", selection_mode=PICK)
    for one in picked["selection"].get(PICK, ()):
        found = next((cell for cell in cells if _is(cell, one)), None)
        if found is not None:  # a selection may outlive the matrix it was made in
            _open(found, table.arm)
    st.caption(
        say(
            "Each row adds up to the samples of one class; a cell is as strong as its share of the row. "
            "Click a cell, or choose one here, to see its samples."
        )
    )
    _chosen(cells, table.arm)
    rows = [
        {"target": cell.row, "answer": cell.column, "count": cell.value, "share": cell.share}
        for cell in cells
    ]
    downloads.rows(rows, "confusion")


def _cells(table: ClassTable) -> Iterator[Cell]:
    """By target; no sample's class is `(unparsed)`, so it is a column and no row."""
    for target, counts in zip(table.labels, table.matrix, strict=True):
        total = sum(counts)
        if target == UNPARSED:
            continue
        for answer, count in zip(table.labels, counts, strict=True):
            share = count / total if total else 0.0
            text = f"{count:,} · {share:.0%}" if count else "0"
            yield Cell(target, answer, count, share, text)


def _shown(cell: Cell) -> Cell:
    return Cell(plain.cell(cell.row), plain.cell(cell.column), cell.value, cell.share, cell.text)


def _is(cell: Cell, picked: dict[str, str]) -> bool:
    shown = _shown(cell)
    return (shown.row, shown.column) == (picked.get("row"), picked.get("column"))


def _mistakes(cells: Sequence[Cell]) -> list[Cell]:
    wrong = [cell for cell in cells if cell.row != cell.column and cell.value]
    return sorted(wrong, key=lambda cell: -cell.value)


def _mistaken(cells: Sequence[Cell]) -> str:
    """What the matrix shows, in a sentence."""
    mistakes = _mistakes(cells)
    if not mistakes:
        return say("Every answer is right.")
    return say(
        "Most often {target} is answered with {answer}: {count} of {total} mistakes.",
        target=plain.literal(mistakes[0].row),
        answer=plain.literal(mistakes[0].column),
        count=f"{mistakes[0].value:,}",
        total=f"{sum(cell.value for cell in mistakes):,}",
    )


def _chosen(cells: Sequence[Cell], arm: str) -> None:
    """The same by keyboard: mistakes first, then what is right."""
    order = _mistakes(cells) + [cell for cell in cells if cell.row == cell.column and cell.value]
    named = {f"{cell.row}{BETWEEN}{cell.column}": cell for cell in order}
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        name = address.pick(
            say("Cell"),
            "cell",
            list(named),
            format_func=lambda name: f"{plain.cell(name)} · {named[name].value:,}",
        )
    with right:
        pages.link("samples", **_query(named[name], arm))


def _open(cell: Cell, arm: str) -> None:
    pages.go("samples", **_query(cell, arm))


def _query(cell: Cell, arm: str) -> dict[str, str]:
    return {"arm": arm, "target": cell.row, "answer": cell.column}
