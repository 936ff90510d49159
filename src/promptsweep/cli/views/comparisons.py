"""Comparisons in the terminal: differences with verdicts, the best arm, costs, slices, samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptsweep.cli.output import console, emit, excerpt
from promptsweep.cli.views.tables import Column, fitting
from promptsweep.reports import comparison_columns as columns
from promptsweep.reports.compare import Comparison, Flip
from promptsweep.reports.compared import Compared
from promptsweep.reports.comparison_columns import Figures, arm_name
from promptsweep.reports.efficiency import CostTable
from promptsweep.reports.flips import change_words
from promptsweep.reports.sliced import Sliced
from promptsweep.reports.tuned import tuned_lines


def print_compared(found: Compared) -> None:
    """Prints all that was asked for."""
    for title, group in columns.groups(found.comparisons, runs=found.runs).items():
        emit(title, "")
        _print_group(group)
    for best in found.best:
        emit(*columns.best_lines(best), "")
    emit(*tuned_lines(found.tuned), *columns.DIFFERENCES, columns.methods(found.comparisons))
    for table in found.costs:
        _print_costs(table)
    if found.costs:
        emit("", *columns.COSTS)
    for sliced in found.slices:
        _print_slices(sliced)
    if found.slices:
        emit("", *columns.slices_notes(found.slices))


def _print_group(group: Sequence[Comparison]) -> None:
    arms = Figures("arm", [arm_name(one.b, one.dataset) for one in group])
    _print_table(arms, columns.differences(group))
    emit("")
    notes = [line for one in group for line in columns.notes(one)]
    emit(*notes, *([""] if notes else []))
    for one in group:
        words = change_words(one.higher_is_better)
        for word, flips, count in zip(words, one.flips, (one.lost, one.won), strict=True):
            if flips:
                of = "" if count is None or count == len(flips) else f", {len(flips)} of {count:,}"
                emit(f"{arm_name(one.b, one.dataset)}: {word}{of}")
                emit(*(line for flip in flips for line in _flip(flip)), "")


def _print_costs(table: CostTable) -> None:
    emit("", f"{table.dataset}: what a score costs", "")
    arms = Figures("arm", [arm_name(one.arm, table.dataset) for one in table.arms])
    _print_table(arms, columns.costs(table))
    emit("", *columns.cost_notes(table))


def _print_slices(found: Sliced) -> None:
    emit("", columns.slices_title(found), "")
    _print_table(*columns.slices(found))
    if found.left:
        emit("", columns.left_out(found))


def _print_table(key: Figures, figures: Sequence[Figures]) -> None:
    rest = [
        Column(one.header, one.cells, "right" if one.right else "left", wraps=one.wraps) for one in figures
    ]
    keys = [Column(key.header, key.cells, wraps=True)]
    for place, table in enumerate(fitting(console().width, keys, rest)):
        emit(*([""] if place else []), table)


def _flip(flip: Flip) -> Iterator[str]:
    before, after = (excerpt(answer, 40) or "–" for answer in (flip.answer_a, flip.answer_b))
    yield f"  {flip.sample_id}: {excerpt(flip.input, 100)}"
    yield f"    target {excerpt(' | '.join(flip.targets), 40) or '–'} · baseline {before} · this {after}"
