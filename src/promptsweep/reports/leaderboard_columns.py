"""A leaderboard as columns of text: what Markdown and HTML show alike."""

from __future__ import annotations

from collections.abc import Sequence

from promptsweep.reports import figures, terms
from promptsweep.reports.comparison_columns import Figures
from promptsweep.reports.summary import ArmSummary, metric_names
from promptsweep.types import Outcome
from promptsweep.words import say


def intervals() -> str:
    """What the brackets hold."""
    return say("In brackets: 95 % intervals.")


def keys(arms: Sequence[ArmSummary]) -> list[Figures]:
    """What tells the arms over a dataset apart: strategy and parameters, and the model of several."""
    found = [Figures(say("strategy"), [one.variant for one in arms])]
    if len({one.model for one in arms}) > 1:
        found.append(Figures(say("model"), [one.model for one in arms]))
    return found


def metrics(arms: Sequence[ArmSummary]) -> list[Figures]:
    """Each metric with its interval."""
    return [
        Figures(name, [figures.interval(arm.metrics.get(name)) for arm in arms])
        for name in metric_names(arms)
    ]


def counts(arms: Sequence[ArmSummary]) -> list[Figures]:
    """What the metrics rest on, what failed, and what it took."""
    return [
        Figures(say("scored"), [_scored(arm) for arm in arms], right=True),
        *_failed(arms),
        Figures(say("tokens in + out"), [_tokens(arm) for arm in arms], right=True),
        Figures(say("cost"), [figures.dollars(arm.cost_usd) for arm in arms], right=True),
        Figures("p50", [figures.duration(arm.p50_seconds) for arm in arms], right=True),
        Figures("p95", [figures.duration(arm.p95_seconds) for arm in arms], right=True),
    ]


def _scored(arm: ArmSummary) -> str:
    return say("{scored} of {samples}", scored=f"{arm.scored:,}", samples=f"{arm.samples:,}")


def _failed(arms: Sequence[ArmSummary]) -> list[Figures]:
    """A column for each outcome that is not ok and occurs."""
    return [
        Figures(terms.outcome(one), [f"{arm.outcomes.get(one, 0):,}" for arm in arms], right=True)
        for one in Outcome
        if one is not Outcome.OK and any(arm.outcomes.get(one) for arm in arms)
    ]


def _tokens(arm: ArmSummary) -> str:
    return f"{arm.tokens['prompt']:,} + {arm.tokens['completion']:,}"
