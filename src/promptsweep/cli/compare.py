"""`compare`: which arms, or which of two runs, really differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from promptsweep.cli import figures
from promptsweep.cli.options import JsonOption, StoreOption, WorkspaceOption
from promptsweep.cli.output import console, emit, emit_json, excerpt
from promptsweep.cli.places import opened
from promptsweep.cli.tables import Column, fitting

if TYPE_CHECKING:
    from promptsweep.reports.compare import Comparison, Flip


def compare(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run: its id, a sweep's name, or `latest`.")],
    other: Annotated[
        str | None,
        typer.Argument(metavar="[RUN_B]", help="Another run: its arms against those of the same name in RUN."),
    ] = None,
    arm: Annotated[
        str | None, typer.Option("--arm", metavar="TEXT", help="The baseline within RUN. Default: the first arm.")
    ] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", metavar="NAME", help="What to compare. Default: the first metric.")
    ] = None,
    flips: Annotated[
        int, typer.Option("--flips", min=0, metavar="N", help="Show N samples that one got right and the other wrong.")
    ] = 0,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare the arms of a run with a baseline arm, or one run with another, paired by sample."""
    from promptsweep.reports.compare import compare_arms, compare_runs, comparison_json

    with opened(workspace, store) as found:
        if other is None:
            comparisons = compare_arms(found, run, arm, metric)
        else:
            comparisons = compare_runs(found, run, other, metric)
    if json:
        emit_json(comparison_json(comparisons))
        return
    for baseline in dict.fromkeys(one.a for one in comparisons):
        _print_group([one for one in comparisons if one.a == baseline], flips, across_runs=other is not None)
    emit("[low, high] are 95 % intervals of the difference; p is adjusted for all comparisons made here (Holm).")


def _print_group(group: Sequence[Comparison], flips: int, *, across_runs: bool) -> None:
    """All comparisons with one baseline."""
    first = group[0]
    emit(f"{first.a} in the first run" if across_runs else f"against {first.a}", "")
    arms = [_without_dataset(one) for one in group]
    keys = [Column("in the second run" if across_runs else "arm", arms, wraps=True)]
    for table in fitting(console(), keys, _essential(group), _counts(group)):
        emit(table, "")
    emit(*(line for one in group for line in _what_is_missing(one)))
    for one in group if flips else ():
        _print_flips(one, flips)


def _without_dataset(comparison: Comparison) -> str:
    return comparison.b.removesuffix(f" | {comparison.dataset}")


def _essential(group: Sequence[Comparison]) -> list[Column]:
    differences = [figures.difference(one.paired.difference, one.paired.low, one.paired.high) for one in group]
    return [
        Column(f"difference in {group[0].metric}", differences),
        Column("p", [f"{one.p_adjusted:.3f}" for one in group], "right"),
        Column("verdict", [one.verdict for one in group]),
    ]


def _counts(group: Sequence[Comparison]) -> list[Column]:
    """Samples in all, and those on which the baseline (`lost`) or the arm (`won`) is better."""
    pairs = [(one.paired.only_a, one.paired.only_b) for one in group]
    if group[0].higher_is_better is False:
        pairs = [(won, lost) for lost, won in pairs]
    return [
        Column("samples", [f"{one.shared:,}" for one in group], "right"),
        Column("lost", [str(lost) for lost, _ in pairs], "right"),
        Column("won", [str(won) for _, won in pairs], "right"),
    ]


def _what_is_missing(comparison: Comparison) -> Iterator[str]:
    """Samples that one side lacks; and, where nothing is shown, how many would show it."""
    name = _without_dataset(comparison)
    if max(comparison.n_a, comparison.n_b) > comparison.shared:
        yield (
            f"{name}: {comparison.shared} samples are scored in both "
            f"(baseline {comparison.n_a}, this {comparison.n_b})"
        )
    if comparison.verdict == "no difference shown" and comparison.paired.needed:
        yield f"{name}: a difference this small needs about {comparison.paired.needed:,} samples to show"


def _print_flips(comparison: Comparison, count: int) -> None:
    name = _without_dataset(comparison)
    for title, found in (("lost by", comparison.flips.lost), ("won by", comparison.flips.won)):
        if found:
            emit(f"{title} {name}", "", *(line for flip in found[:count] for line in _flip_lines(flip)), "")


def _flip_lines(flip: Flip) -> Iterator[str]:
    yield f"  {flip.sample_id}: {excerpt(flip.input, 100)}"
    answers = (excerpt(answer, 40) or figures.ABSENT for answer in (flip.answer_a, flip.answer_b))
    yield f"    target {excerpt(' | '.join(flip.targets), 40) or figures.ABSENT}; was {'; is '.join(answers)}"
