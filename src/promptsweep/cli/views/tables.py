"""Tables that fit the terminal: everything in one where it fits, else the essential columns first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from promptsweep.cli.output import visible

UNLIMITED = 10_000
"""A width that every table fits."""


@dataclass(frozen=True, slots=True)
class Column:
    """A header and a cell for each row."""

    header: str
    cells: Sequence[str]
    align: Literal["left", "right"] = "left"
    wraps: bool = False
    """Whether cells may take several lines where the width is short."""
    bold: frozenset[int] = frozenset()
    """Rows whose cell stands out."""


def table(columns: Sequence[Column]) -> Table:
    """A table with a line under its header and no other frame."""
    found = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="")
    for column in columns:
        found.add_column(
            column.header,
            justify=column.align,
            no_wrap=not column.wraps,
            overflow="fold",
            min_width=12 if column.wraps else None,
        )
    for row in range(len(columns[0].cells)):
        found.add_row(*(_cell(column, row) for column in columns))
    return found


def _cell(column: Column, row: int) -> Text:
    return Text(visible(column.cells[row]), style="bold" if row in column.bold else "")


def fitting(
    printer: Console, keys: Sequence[Column], essential: Sequence[Column], others: Sequence[Column]
) -> list[Table]:
    """One table if everything fits, `others` right after the first of `essential`; else others come apart.

    Every table begins with `keys`.
    """
    whole = [*keys, *essential[:1], *others, *essential[1:]]
    if _fits(printer, whole):
        return [table(whole)]
    tables, waiting = [table([*keys, *essential])], list(others)
    while waiting:
        taken = 1
        while taken < len(waiting) and _fits(printer, [*keys, *waiting[: taken + 1]]):
            taken += 1
        tables.append(table([*keys, *waiting[:taken]]))
        waiting = waiting[taken:]
    return tables


def _fits(printer: Console, columns: Sequence[Column]) -> bool:
    unlimited = printer.options.update(width=UNLIMITED)
    return Measurement.get(printer, unlimited, table(columns)).maximum <= printer.width
