"""The leaderboard: the arms of a run by dataset, each metric with its interval, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from promptsweep.cli import figures
from promptsweep.cli.output import console, emit, plural
from promptsweep.cli.tables import Column, fitting
from promptsweep.types import Outcome

if TYPE_CHECKING:
    from promptsweep.api import Run
    from promptsweep.reports import ArmSummary


def print_leaderboard(run: Run) -> None:
    """Prints the arms of each dataset, and below what the brackets mean and what is missing."""
    groups: dict[tuple[str, str], list[ArmSummary]] = {}
    for arm in run.summaries():
        groups.setdefault((arm.dataset, arm.split), []).append(arm)
    printer = console()
    for arms in groups.values():
        emit(_title(arms), "")
        for table in fitting(printer, _keys(arms), *_figures(arms)):
            emit(table, "")
        emit(*(line for arm in arms if (line := _missing(arm))))
    best = "; the best of the first metric is bold" if printer.is_terminal else ""
    emit(f"[…] are 95 % intervals{best}.")


def _title(arms: Sequence[ArmSummary]) -> str:
    first = arms[0]
    counts = {arm.samples for arm in arms}
    size = plural(first.samples, "sample") if len(counts) == 1 else f"{min(counts)}–{max(counts)} samples"
    model = f" · {first.model}" if len({arm.model for arm in arms}) == 1 else ""
    return f"{first.dataset} · {first.split} · {size}{model}"


def _keys(arms: Sequence[ArmSummary]) -> list[Column]:
    keys = [Column("strategy", [arm.variant for arm in arms], wraps=True)]
    if len({arm.model for arm in arms}) > 1:
        keys.append(Column("model", [arm.model for arm in arms], wraps=True))
    return keys


def _figures(arms: Sequence[ArmSummary]) -> tuple[list[Column], list[Column]]:
    """The essential columns, the first metric in front; and the other metrics."""
    from promptsweep.reports import metric_names

    metrics = [_metric(arms, name) for name in metric_names(arms)]
    essential = [
        *metrics[:1],
        Column("scored", [f"{arm.scored}/{arm.samples}" for arm in arms], "right"),
        *_outcomes(arms),
        Column("tokens", [figures.compact(sum(arm.tokens.values())) for arm in arms], "right"),
        Column("cost", [figures.money(arm.cost_usd) for arm in arms], "right"),
        Column("p50", [figures.seconds(arm.p50_seconds) for arm in arms], "right"),
    ]
    return essential, metrics[1:]


def _metric(arms: Sequence[ArmSummary], name: str) -> Column:
    found = [arm.metrics.get(name) for arm in arms]
    return Column(name, [figures.interval(one) for one in found])


def _outcomes(arms: Sequence[ArmSummary]) -> list[Column]:
    """A column for each outcome that is not ok and occurs."""
    return [
        Column(outcome.value, [str(arm.outcomes[outcome.value]) for arm in arms], "right")
        for outcome in Outcome
        if outcome is not Outcome.OK and any(arm.outcomes[outcome.value] for arm in arms)
    ]
