"""The charts of a run's report: the scores over a dataset, the differences, and what they cost."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promptsweep.errors import MissingExtraError
from promptsweep.reports import counts, figures, terms
from promptsweep.reports.compare import UNSHOWN, Comparison
from promptsweep.reports.document import Chapter
from promptsweep.reports.efficiency import CostTable, Efficiency
from promptsweep.reports.verdict_text import short
from promptsweep.words import say

MOST = 40
"""Arms on one chart; the tables have all."""
NAME = 80
"""Characters of an arm's name on a chart."""
WIDTH = 560
"""Pixels that a chart has, about."""
_ZOOM = "wheel![event.ctrlKey]"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with what it shows in words."""

    name: str
    """`scores`, `differences` or `cost`."""
    title: str
    alt: str
    """For who cannot see it."""
    legend: str
    """What its marks mean, where they do not say it themselves."""
    chart: Any
    """Altair's, without a width, a title and a theme."""


def check_extra(feature: str) -> None:
    """MissingExtraError, naming the feature, where a package of the extra `report` is not installed."""
    try:
        import altair  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError:
        raise MissingExtraError(feature, "report") from None


def drawings(chapter: Chapter, costs: CostTable | None) -> list[Drawing]:
    """Those for which there is something to draw. Needs the extra `report`."""
    return [*_scores(chapter), *_differences(chapter), *([] if costs is None else [_costs(chapter, costs)])]


def _scores(chapter: Chapter) -> Iterator[Drawing]:
    from promptsweep.reports.charts.whiskers import Whisker, whiskers

    if not chapter.metrics:
        return
    metric, names = chapter.metrics[0], shown_names(chapter)
    found = [(names[one.arm], one.metrics[metric]) for one in chapter.ranked if metric in one.metrics]
    known = [(name, one) for name, one in found if math.isfinite(one.value)][:MOST]
    if not known:
        return
    rows = [Whisker(name, one.value, one.low, one.high, figures.interval(one)) for name, one in known]
    said = "; ".join(f"{row.label} {row.text}" for row in rows)
    alt = say(
        "{metric} with 95 % intervals of {arms}: {values}.",
        metric=metric,
        arms=counts.arms(len(rows)),
        values=said,
    )
    chart = whiskers(rows, short(metric), what=say("arm"))
    yield Drawing("scores", short(f"{chapter.dataset}: {metric}"), alt, "", chart)


def _differences(chapter: Chapter) -> Iterator[Drawing]:
    from promptsweep.reports.charts.whiskers import Whisker, whiskers

    found = chapter.comparisons[:MOST]
    if not found:
        return
    names, metric = shown_names(chapter), found[0].metric
    rows = [
        Whisker(
            label=names[one.b],
            value=one.paired.difference,
            low=one.paired.low,
            high=one.paired.high,
            text=_difference(one),
            strong=one.verdict != UNSHOWN,
        )
        for one in found
    ]
    title = say("{metric} difference from {arm}", metric=metric, arm=names[found[0].a])
    said = "; ".join(f"{row.label} {row.text}" for row in rows)
    alt = say("{title}, with 95 % intervals: {values}.", title=title, values=said)
    chart = whiskers(rows, short(title), zero=True, what=say("arm"))
    legend = say("Pale: no difference shown.")
    yield Drawing("differences", short(f"{chapter.dataset}: {title}"), alt, legend, chart)


def _difference(one: Comparison) -> str:
    found = one.paired
    return f"{figures.difference(found.difference, found.low, found.high)}, {terms.verdict(one.verdict)}"


def _costs(chapter: Chapter, table: CostTable) -> Drawing:
    import altair

    from promptsweep.reports.charts.tradeoff import Spot, Titles, tradeoff

    names, unit = shown_names(chapter), _cost_unit(table)
    rows = [
        Spot(
            label=names[arm.arm],
            x=_cost(arm, table),
            x_low=math.inf,
            x_high=math.inf,
            y=arm.score,
            y_low=math.inf,
            y_high=math.inf,
            x_text=_cost_text(arm, table),
            y_text=f"{arm.score:.3f}",
            best=arm.pareto,
        )
        for arm in _drawn(table.arms)
    ]
    title = say("{metric} against {unit}", metric=table.metric, unit=unit)
    front = "; ".join(
        say("{arm} {score} for {cost}", arm=row.label, score=row.y_text, cost=row.x_text)
        for row in rows
        if row.best
    )
    alt = say("{title}. No other arm has as good a score for less: {arms}.", title=title, arms=front)
    legend = say("Filled and joined: no other arm has as good a score for less.")
    moves = altair.selection_interval(bind="scales", zoom=_ZOOM)
    chart = tradeoff(rows, Titles(unit, short(table.metric), say("arm")), ",.3~r", WIDTH).add_params(moves)
    return Drawing("cost", short(f"{chapter.dataset}: {title}"), alt, legend, chart)


def _drawn(arms: Sequence[Efficiency]) -> list[Efficiency]:
    """Those worth their cost before the others, where not all fit."""
    return sorted(arms, key=lambda arm: not arm.pareto)[:MOST]


def _cost_unit(table: CostTable) -> str:
    """What a table's costs are counted in."""
    return say("tokens for an answer") if table.axis == "tokens" else say("US dollars for 1,000 answers")


def _cost(arm: Efficiency, table: CostTable) -> float:
    return arm.tokens if table.axis == "tokens" else 1000 * (arm.usd or 0.0)


def _cost_text(arm: Efficiency, table: CostTable) -> str:
    cost = _cost(arm, table)
    return say("{count} tokens", count=f"{cost:,.0f}") if table.axis == "tokens" else figures.dollars(cost)


def shown_names(chapter: Chapter) -> Mapping[str, str]:
    """The arms' names on one line each, nothing in them unseen; those that are cut alike are numbered."""
    shown = {arm: short(name, NAME) for arm, name in chapter.names.items()}
    counts = Counter(shown.values())
    return {
        arm: f"{name} ({place})" if counts[name] > 1 else name
        for place, (arm, name) in enumerate(shown.items(), 1)
    }
