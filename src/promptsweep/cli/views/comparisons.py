"""Comparisons as tables: the difference to the baseline, its interval, and a verdict in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptsweep.cli.output import console, emit, excerpt
from promptsweep.cli.views.tables import Column, fitting
from promptsweep.reports import figures
from promptsweep.reports.compare import Comparison, Flip


def print_comparisons(comparisons: Sequence[Comparison], flips: int, *, runs: bool) -> None:
    """Prints a table for each baseline and `flips` samples of each kind; `runs`: two runs are compared."""
    groups: dict[str, list[Comparison]] = {}
    for one in comparisons:
        groups.setdefault(one.dataset if runs else one.a, []).append(one)
    for name, group in groups.items():
        emit(f"{name}, second run against first" if runs else f"against {name}", "")
        _print_group(group, flips)
    emit("In brackets: 95 % intervals of the difference. p is adjusted for all comparisons made here (Holm).")


def _print_group(group: Sequence[Comparison], flips: int) -> None:
    arms = Column("arm", list(map(_arm, group)), wraps=True)
    for table in fitting(console().width, [arms], [*_verdicts(group), *_counts(group)]):
        emit(table, "")
    notes = [line for one in group for line in _notes(one)]
    emit(*notes, *([""] if notes else []))
    for one in group if flips else ():
        for title, found in (("lost", one.flips.lost), ("won", one.flips.won)):
            if found:
                emit(f"{_arm(one)}: {title}", *(line for flip in found[:flips] for line in _flip(flip)), "")


def _arm(comparison: Comparison) -> str:
    return comparison.b.removesuffix(f" | {comparison.dataset}")


def _verdicts(group: Sequence[Comparison]) -> list[Column]:
    sizes = [figures.difference(one.paired.difference, one.paired.low, one.paired.high) for one in group]
    return [
        Column(f"{group[0].metric} difference", sizes),
        Column(
            "p", [figures.probability(one.p_adjusted).removeprefix("p ").removeprefix("= ") for one in group]
        ),
        Column("verdict", [one.verdict for one in group]),
    ]


def _counts(group: Sequence[Comparison]) -> list[Column]:
    """Samples in all, and those on which the baseline (`lost`) or the arm (`won`) is better."""
    pairs = [(one.paired.only_a, one.paired.only_b) for one in group]
    if group[0].higher_is_better is False:
        pairs = [(won, lost) for lost, won in pairs]
    return [
        Column("samples", [f"{one.shared:,}" for one in group], "right"),
        Column("lost", [f"{lost:,}" for lost, _ in pairs], "right"),
        Column("won", [f"{won:,}" for _, won in pairs], "right"),
    ]


def _notes(comparison: Comparison) -> Iterator[str]:
    """Samples that one side lacks; and, where nothing is shown, what so many samples can show."""
    found, arm = comparison.paired, _arm(comparison)
    if max(comparison.n_a, comparison.n_b) > comparison.shared:
        counts = f"of {comparison.n_a:,} and {comparison.n_b:,}"
        yield f"{arm}: {figures.plural(comparison.shared, 'sample')} {counts} are scored in both."
    if comparison.verdict == "no difference shown" and found.minimum_detectable is not None:
        more = found.needed is not None and found.needed > found.n
        needed = f"; this one would take about {found.needed:,}" if more else ""
        yield f"{arm}: so many samples show differences from {found.minimum_detectable:.2f}{needed}."


def _flip(flip: Flip) -> Iterator[str]:
    before, after = (excerpt(answer, 40) or "–" for answer in (flip.answer_a, flip.answer_b))
    yield f"  {flip.sample_id}: {excerpt(flip.input, 100)}"
    yield f"    target {excerpt(' | '.join(flip.targets), 40) or '–'} · baseline {before} · this {after}"
