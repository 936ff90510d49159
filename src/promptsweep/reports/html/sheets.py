"""The tables of a report: leaderboard, differences and costs, each column with its footnote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptsweep.reports import comparison_columns, leaderboard_columns
from promptsweep.reports.comparison_columns import Figures
from promptsweep.reports.document import Chapter
from promptsweep.reports.efficiency import CostTable
from promptsweep.reports.html.methods import note
from promptsweep.reports.verdict_text import short
from promptsweep.words import say

CELL = 120
"""Characters of a name in a table."""


@dataclass(frozen=True, slots=True)
class Column:
    """A header with its footnote, and a cell for each row."""

    header: str
    note: int | None
    cells: Sequence[str]
    right: bool
    wraps: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table, and the lines under it."""

    caption: str
    columns: Sequence[Column]
    """The first names the rows."""
    notes: Sequence[str]


def leaderboard(chapter: Chapter) -> Sheet:
    """The arms, the best first."""
    arms, columns = chapter.ranked, leaderboard_columns
    figures = [*columns.keys(arms), *columns.metrics(arms), *columns.counts(arms)]
    caption = say("Leaderboard over {dataset}", dataset=chapter.dataset)
    return Sheet(caption, _columns(figures, chapter), [columns.intervals()])


def differences(chapter: Chapter) -> Sheet:
    """The other arms against the first, paired by sample."""
    found, names = chapter.comparisons, chapter.names
    figures = [Figures(say("arm"), [names[one.b] for one in found]), *comparison_columns.differences(found)]
    caption = say("Differences from {arm}", arm=names[found[0].a])
    shared = say("samples: those that have a score in both arms, and only these are compared.")
    return Sheet(caption, _columns(figures, chapter), [shared, comparison_columns.methods(found)])


def costs(chapter: Chapter, table: CostTable) -> Sheet:
    """The arms by what they cost, the cheapest first."""
    names = Figures(say("arm"), [chapter.names[one.arm] for one in table.arms])
    notes = [*comparison_columns.cost_notes(table), say("A dash as verdict: no difference shown.")]
    figures = [names, *comparison_columns.costs(table)]
    caption = say("What a score costs over {dataset}", dataset=chapter.dataset)
    return Sheet(caption, _columns(figures, chapter), notes)


def _columns(figures: Sequence[Figures], chapter: Chapter) -> list[Column]:
    return [
        Column(
            header=short(one.header, CELL),
            note=note(one.header, chapter.metrics),
            cells=[short(cell, CELL) for cell in one.cells],
            right=one.right,
            wraps=one.wraps,
        )
        for one in figures
    ]
