"""Tables that fit the terminal: everything in one where it fits, else the essential columns first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from promptsweep.words import visible

GAP = 2
"""Characters between two columns."""


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
        )
    for row in range(len(columns[0].cells)):
        found.add_row(*(_cell(column, row) for column in columns))
    return found


def _cell(column: Column, row: int) -> Text:
    return Text(visible(column.cells[row]), style="bold" if row in column.bold else "")


def fitting(width: int, keys: Sequence[Column], columns: Sequence[Column]) -> list[Table]:
    """As few tables as hold all columns within `width` characters. Every table begins with `keys`."""
    tables, waiting = [], list(columns)
    while waiting:
        taken = 1
        while taken < len(waiting) and fits(width, [*keys, *waiting[: taken + 1]]):
            taken += 1
        tables.append(table([*keys, *waiting[:taken]]))
        waiting = waiting[taken:]
    return tables


def fits(width: int, columns: Sequence[Column]) -> bool:
    """Whether the columns stand side by side within `width` characters, none wrapped to a sliver."""
    return sum(_needed(column, width) + GAP for column in columns) <= width + GAP


def _needed(column: Column, width: int) -> int:
    natural = max(map(cell_len, (column.header, *column.cells)))
    return min(natural, width // 3) if column.wraps else natural
