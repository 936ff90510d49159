"""Comparisons as columns of text: what the terminal and Markdown show alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promptsweep.reports import counts, figures, terms
from promptsweep.reports.best import BestArm
from promptsweep.reports.compare import UNSHOWN, Comparison
from promptsweep.reports.efficiency import AtCost, CostTable
from promptsweep.reports.flips import change_words
from promptsweep.reports.sliced import Slice, Sliced
from promptsweep.stats import Paired
from promptsweep.words import say

NOTHING = "–"
DIFFERENCES = (
    "In brackets: 95 % intervals of the difference. p is adjusted for all comparisons made here (Holm).",
    "detects: the smallest difference that so many samples are likely to show (80 % power).",
    "to settle: about how many samples would show the observed one (80 % power).",
)
VERDICTS = "verdict –: no difference shown."
COSTS = (
    "Stored replies count at their price. In brackets: 95 % intervals. p is adjusted for all arms (Holm).",
    "Pareto: no other arm has as good a score for less, or a better one for as little; by observed scores.",
    f"best for no more: the best of the other arms that cost as much or less. {VERDICTS}",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """A header, and a cell for each row."""

    header: str
    cells: Sequence[str]
    right: bool = False
    """Whether it is aligned to the right."""
    wraps: bool = False
    """Whether a cell may take several lines."""


def arm_name(label: str, dataset: str) -> str:
    """An arm's label without its dataset, which stands above the table."""
    return label.removesuffix(f" | {dataset}")


def groups(comparisons: Sequence[Comparison], *, runs: bool) -> dict[str, list[Comparison]]:
    """Title → the comparisons of one table: those with one baseline, or of one dataset in two runs."""
    one_arm = len({one.a for one in comparisons}) == 1 and any(one.a != one.b for one in comparisons)
    found: dict[str, list[Comparison]] = {}
    for one in comparisons:
        title = f"against {one.a}"
        if runs:
            title = (
                f"second run {title} of the first" if one_arm else f"{one.dataset}, second run against first"
            )
        found.setdefault(title, []).append(one)
    return found


def differences(group: Sequence[Comparison]) -> list[Figures]:
    """One row a comparison, after the arm: verdict first, then what it rests on."""
    found = [one.paired for one in group]
    clustered = any(one.paired.n != one.shared for one in group)
    return [
        Figures(change_in(group[0].metric), list(map(_size, found))),
        Figures("p", [_p(one.p_adjusted) for one in group]),
        Figures(say("verdict"), [terms.verdict(one.verdict) for one in group]),
        Figures(say("samples"), [f"{one.shared:,}" for one in group], right=True),
        *([Figures(say("clusters"), [f"{one.n:,}" for one in found], right=True)] if clustered else []),
        *(_counts(group) if any(one.kind != "aggregate" for one in group) else []),
        Figures(say("correlation"), [_number(one.correlation) for one in found], right=True),
        Figures(say("detects"), [_number(one.minimum_detectable) for one in found], right=True),
        Figures(say("to settle"), [_count(one.needed) for one in found], right=True),
    ]


def change_in(metric: str) -> str:
    """What a column of differences is called."""
    return say("{metric} difference", metric=metric)


def _counts(group: Sequence[Comparison]) -> list[Figures]:
    lost, won = map(terms.change, change_words(group[0].higher_is_better))
    return [
        Figures(lost, [_count(one.lost) for one in group], right=True),
        Figures(won, [_count(one.won) for one in group], right=True),
    ]


def notes(one: Comparison) -> Iterator[str]:
    """Where one side lacks samples of the other."""
    if max(one.n_a, one.n_b) > one.shared:
        sides = f"of {one.n_a:,} and {one.n_b:,}"
        shared = figures.plural(one.shared, "sample")
        yield f"{arm_name(one.b, one.dataset)}: {shared} {sides} are scored in both."


def methods(comparisons: Sequence[Comparison]) -> str:
    """The tests and intervals by name."""
    found = dict.fromkeys(one.paired.method for one in comparisons)
    return say("Method: {methods}.", methods="; ".join(map(terms.method, found)))


def best_lines(best: BestArm) -> list[str]:
    """Who is best, by how much when corrected, and who may be as good."""
    corrected = f"{best.corrected:.3f} [{best.low:.3f}, {best.high:.3f}]".replace("inf", "∞")
    winner = arm_name(best.arm, best.dataset)
    equals = "; ".join(arm_name(one, best.dataset) for one in best.equals)
    alike = (
        say("Cannot be told apart from it (95 %): {arms}.", arms=equals)
        if equals
        else say("Every other arm can be told apart from it (95 %).")
    )
    return [
        say(
            "Best of {count} over {dataset} by {metric}: {arm}.",
            count=best.arms,
            dataset=best.dataset,
            metric=best.metric,
            arm=winner,
        ),
        say(
            "Observed {observed} on the {samples} that all arms share; {corrected} corrected for having been "
            "picked.",
            observed=f"{best.observed:.3f}",
            samples=counts.samples(best.n),
            corrected=corrected,
        ),
        alike,
    ]


def costs(table: CostTable) -> list[Figures]:
    """One row an arm, the cheapest first."""
    arms, rivals = table.arms, [arm.at_cost for arm in table.arms]
    return [
        Figures(table.metric, [f"{arm.score:.3f}" for arm in arms], right=True),
        Figures(say("$/1k answers"), [figures.dollars(_thousand(arm.usd)) for arm in arms], right=True),
        Figures(say("tokens/answer"), [f"{arm.tokens:,.0f}" for arm in arms], right=True),
        *(_points(table) if table.higher_is_better else []),
        Figures("Pareto", [say("yes") if arm.pareto else say("no") for arm in arms]),
        Figures(say("best for no more"), [_rival(one, table.dataset) for one in rivals], wraps=True),
        Figures(say("difference to it"), [_size(one.paired) if one else NOTHING for one in rivals]),
        Figures("p", [_p(one.p_adjusted) if one else NOTHING for one in rivals]),
        Figures(say("verdict"), [_short(one.verdict) if one else say("cheapest") for one in rivals]),
    ]


def _points(table: CostTable) -> list[Figures]:
    return [
        Figures(say("points/$"), [_rate(arm.per_dollar) for arm in table.arms], right=True),
        Figures(say("points/1k tokens"), [_rate(arm.per_thousand_tokens) for arm in table.arms], right=True),
    ]


def cost_notes(table: CostTable) -> list[str]:
    """What one table rests on, and what its costs are counted in."""
    rests = say("On the {samples} that all arms share.", samples=counts.samples(table.n))
    if table.higher_is_better:
        rests += " " + say("A point is a right answer, or as much {metric}.", metric=table.metric)
    return [rests, *([f"{table.why[0].upper()}{table.why[1:]}."] if table.why else [])]


def slices_title(found: Sliced) -> str:
    """Which arms, and the slices of what."""
    runs = "second run against first" if found.a == found.b else f"against {found.a}"
    return f"{arm_name(found.b, found.dataset)} {runs}, by {found.by}"


def slices(found: Sliced) -> tuple[Figures, list[Figures]]:
    """The values, and one row each."""
    rows = found.slices
    return Figures(found.by, [one.value for one in rows]), [
        Figures("samples", [_marked(one) for one in rows], right=True),
        Figures("baseline", [figures.interval(one.score_a) for one in rows]),
        Figures("this", [figures.interval(one.score_b) for one in rows]),
        Figures(f"{found.metric} difference", [_size(one.paired) for one in rows]),
        Figures("p", [_p(one.p_adjusted) for one in rows]),
        Figures("verdict", [_short(one.verdict) for one in rows]),
    ]


def left_out(found: Sliced) -> str:
    """Which slices are not shown."""
    more = figures.plural(found.left, "more value")
    return f"Left out: {more} with {figures.plural(found.left_samples, 'sample')}; the largest are shown."


def slices_notes(found: Sequence[Sliced]) -> list[str]:
    """What brackets, p and marks mean."""
    few = "* fewer than 20 independent samples: these figures say little."
    marked = any(one.few for sliced in found for one in sliced.slices)
    p = "In brackets: 95 % intervals. p is adjusted for all slices shown (Holm)."
    return [*([few] if marked else []), p, VERDICTS]


def _marked(one: Slice) -> str:
    return f"{one.samples:,}{'*' if one.few else ' '}"


def _size(found: Paired) -> str:
    return figures.difference(found.difference, found.low, found.high)


def _short(verdict: str) -> str:
    return NOTHING if verdict == UNSHOWN else terms.verdict(verdict)


def _p(p: float) -> str:
    return figures.probability(p).removeprefix("p ").removeprefix("= ")


def _count(count: int | None) -> str:
    return NOTHING if count is None else f"{count:,}"


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"


def _rate(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _thousand(usd: float | None) -> float | None:
    return None if usd is None else 1000 * usd


def _rival(one: AtCost | None, dataset: str) -> str:
    return NOTHING if one is None else arm_name(one.rival, dataset)
