"""The leaderboard: the arms of a run by dataset, each metric with its interval, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from promptsweep.api import Run
from promptsweep.cli.output import console, emit, emit_json
from promptsweep.cli.views.counts import compact
from promptsweep.cli.views.tables import Column, fits, fitting
from promptsweep.reports import ArmSummary, figures, metric_names
from promptsweep.reports.arms import stored_metrics
from promptsweep.reports.judges import judge_costs
from promptsweep.reports.missing import missing
from promptsweep.reports.tuned import tuned_lines
from promptsweep.types import Outcome


def print_run(run: Run, *, json: bool) -> None:
    """Prints a run: what it is and its leaderboard, or the JSON document."""
    if json:
        emit_json(run.as_json())
        return
    row = run.row
    error = f": {row.error}" if row.error else ""
    emit(f"Run {run.id} · {row.name} · {row.status}{error}", "")
    print_leaderboard(run)


def print_leaderboard(run: Run) -> None:
    """Prints the arms of each dataset, and below what is missing and what the brackets mean."""
    better = {one.name: one.higher_is_better for arm in run.store.arms(run.id) for one in stored_metrics(arm)}
    groups: dict[tuple[str, str], list[ArmSummary]] = {}
    for arm in run.summaries():
        groups.setdefault((arm.dataset, arm.split), []).append(arm)
    printer = console()
    for arms in groups.values():
        emit(_title(arms), "")
        for table in fitting(printer.width, _keys(arms), _figures(arms, better, printer.width)):
            emit(table, "")
    emit(*tuned_lines(run.tuned()), *map(str, missing(run.store, run.id)))
    emit(*map(str, judge_costs(run.store, run.id)))
    best = "; the best value of the first metric is bold" if printer.is_terminal else ""
    emit(f"In brackets: 95 % intervals{best}.")


def _title(arms: Sequence[ArmSummary]) -> str:
    first, counts = arms[0], {arm.samples for arm in arms}
    size = figures.plural(first.samples, "sample")
    size = size if len(counts) == 1 else f"{min(counts)} to {max(counts)} samples"
    model = f" · {first.model}" if len({arm.model for arm in arms}) == 1 else ""
    return f"{first.dataset} · {first.split} · {size}{model}"


def _keys(arms: Sequence[ArmSummary]) -> list[Column]:
    keys = [Column("strategy", [arm.variant for arm in arms], wraps=True)]
    if len({arm.model for arm in arms}) > 1:
        keys.append(Column("model", [arm.model for arm in arms], wraps=True))
    return keys


def _figures(arms: Sequence[ArmSummary], better: Mapping[str, bool | None], width: int) -> list[Column]:
    """Metrics first where all fits; else the first metric and what it rests on, then the other metrics."""
    metrics = [_metric(arms, name) for name in metric_names(arms)]
    first = [replace(one, bold=_best(arms, one.header, better.get(one.header))) for one in metrics[:1]]
    rest = [
        Column("scored", [f"{arm.scored:,}/{arm.samples:,}" for arm in arms], "right"),
        *_outcomes(arms),
        Column("tokens", [compact(sum(arm.tokens.values())) for arm in arms], "right"),
        Column("cost", [figures.dollars(arm.cost_usd) for arm in arms], "right"),
        Column("p50", [figures.duration(arm.p50_seconds) for arm in arms], "right"),
    ]
    whole = [*first, *metrics[1:], *rest]
    return whole if fits(width, [*_keys(arms), *whole]) else [*first, *rest, *metrics[1:]]


def _metric(arms: Sequence[ArmSummary], name: str) -> Column:
    return Column(name, [figures.interval(arm.metrics.get(name)) for arm in arms])


def _best(arms: Sequence[ArmSummary], name: str, higher_is_better: bool | None) -> frozenset[int]:
    """The rows with the best value, where there is something to be better than."""
    values = {row: arm.metrics[name].value for row, arm in enumerate(arms) if name in arm.metrics}
    if higher_is_better is None or len(set(values.values())) < 2:
        return frozenset()
    best = max(values.values()) if higher_is_better else min(values.values())
    return frozenset(row for row, value in values.items() if value == best)


def _outcomes(arms: Sequence[ArmSummary]) -> list[Column]:
    """A column for each outcome that is not ok and occurs."""
    return [
        Column(outcome.value, [f"{arm.outcomes[outcome.value]:,}" for arm in arms], "right")
        for outcome in Outcome
        if outcome is not Outcome.OK and any(arm.outcomes[outcome.value] for arm in arms)
    ]
