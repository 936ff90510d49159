"""Tables that fit their place: a leaderboard in as few tables as the width allows, and plain lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text


@dataclass(frozen=True, slots=True)
class Column:
    """A header and a cell for each row; `wraps` where the cells may take several lines."""

    header: str
    cells: Sequence[str]
    align: Literal["left", "right"] = "left"
    wraps: bool = False
    bold: frozenset[int] = frozenset()
    """Rows whose cell stands out."""


def table(columns: Sequence[Column]) -> Table:
    """A table with a line under its header and no other frame."""
    from rich import box
    from rich.table import Table

    found = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="")
    for column in columns:
        found.add_column(
            column.header,
            justify=column.align,
            no_wrap=not column.wraps,
            overflow="fold" if column.wraps else "ellipsis",
            min_width=12 if column.wraps else None,
        )
    for row in range(len(columns[0].cells)):
        found.add_row(*(_cell(column, row) for column in columns))
    return found


def _cell(column: Column, row: int) -> Text:
    from rich.text import Text

    return Text(column.cells[row], style="bold" if row in column.bold else "")


def fitting(
    printer: Console, keys: Sequence[Column], essential: Sequence[Column], others: Sequence[Column]
) -> list[Table]:
    """One table if everything fits; else the essential columns first, the others in further tables.

    The first of `essential` stays beside `keys`, which every table repeats. Where all fits, the others
    stand right after it.
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
    from rich.measure import Measurement

    unlimited = printer.options.update(width=10_000)
    return Measurement.get(printer, unlimited, table(columns)).maximum <= printer.width
