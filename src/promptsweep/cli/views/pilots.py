"""What a pilot says of the whole run, as a table and as a document."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from promptsweep.cli.output import console, emit
from promptsweep.cli.views.counts import clock, compact
from promptsweep.cli.views.tables import Column, fitting
from promptsweep.reports import figures
from promptsweep.reports.pilot import ArmForecast, Forecast
from promptsweep.reports.pilot_judges import JudgeForecast
from promptsweep.stats import Interval
from promptsweep.types import JSON


def forecast_json(forecast: Forecast) -> dict[str, JSON]:
    """The value of `pilot` in the document that `plan --pilot --json` prints."""
    return {
        "arms": [_arm_json(arm) for arm in forecast.arms],
        "judges": [_judge_json(one) for one in forecast.judges],
        "calls": _ends(forecast.calls),
        "tokens": _ends(forecast.tokens),
        "usd": _ends(forecast.usd),
        "seconds": _ends(forecast.seconds),
    }


def _arm_json(arm: ArmForecast) -> dict[str, JSON]:
    return {
        "arm": arm.label,
        "piloted": arm.piloted,
        "failed": arm.failed,
        "calls": _ends(arm.calls),
        "tokens": _ends(arm.tokens),
        "usd": _ends(arm.usd),
        "judges": [_judge_json(one) for one in arm.judges],
    }


def _judge_json(judge: JudgeForecast) -> dict[str, JSON]:
    return {
        "model": judge.model,
        "calls": _ends(judge.calls),
        "tokens": _ends(judge.tokens),
        "usd": _ends(judge.usd),
    }


def _ends(interval: Interval | None) -> dict[str, JSON] | None:
    return None if interval is None else {"value": interval.value, "low": interval.low, "high": interval.high}


def print_forecast(forecast: Forecast) -> None:
    """Prints what the whole run takes, arm by arm and in all."""
    emit("", "By the pilot, the whole run takes (95 % intervals):", "")
    keys = [Column("arm", [arm.label for arm in forecast.arms], wraps=True)]
    emit(*fitting(console().width, keys, _columns(forecast.arms)), "")
    emit(f"Calls {_amounts(forecast)}.")
    for judge in forecast.judges:
        emit(f"Of these, {judge.model} as judge: calls {_amounts(judge)}; no part of the arms' own figures.")
    if forecast.seconds is not None:
        emit(f"Time {_shown(forecast.seconds, clock)} at the configured limits.")
    if failed := sum(arm.failed for arm in forecast.arms):
        emit(f"{figures.plural(failed, 'record')} of the pilot failed and is not counted.")


def _amounts(of: Forecast | JudgeForecast) -> str:
    """`12, tokens 1.2k [1.1k, 1.3k], $0.0123`, after the word for calls."""
    cost = "cost unknown" if of.usd is None else _shown(of.usd, figures.dollars)
    return f"{_shown(of.calls, compact)}, tokens {_shown(of.tokens, compact)}, {cost}"


def _columns(arms: Sequence[ArmForecast]) -> list[Column]:
    return [
        Column("piloted", [f"{arm.piloted:,}" for arm in arms], "right"),
        Column("calls", [_shown(arm.calls, compact) for arm in arms], "right"),
        Column("tokens", [_shown(arm.tokens, compact) for arm in arms], "right"),
        Column(
            "cost", ["?" if arm.usd is None else _shown(arm.usd, figures.dollars) for arm in arms], "right"
        ),
    ]


def _shown(interval: Interval, form: Callable[[float], str]) -> str:
    """`1.2k [1.1k, 1.3k]`; the figure alone where it is certain, a dash where there is none."""
    if math.isnan(interval.value):
        return "–"
    value, low = form(interval.value), form(interval.low)
    high = "?" if math.isinf(interval.high) else form(interval.high)
    return value if low == value == high else f"{value} [{low}, {high}]"
