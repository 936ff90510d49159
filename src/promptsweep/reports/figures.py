"""Figures as people read them in a report."""

from __future__ import annotations

import json
import math

from promptsweep.stats import Interval
from promptsweep.types import Logprobs
from promptsweep.words import say

ALTERNATIVES = 5
"""First tokens that are shown."""


def interval(found: Interval | None) -> str:
    """`0.83 [0.68, 0.92]`; one decimal from 10, none from 1,000; a dash for none."""
    if found is None or math.isnan(found.value):
        return "–"
    value, low, high = alike(found.value, found.low, found.high, sign="")
    return f"{value} [{low}, {high}]"


def number(value: float) -> str:
    """`0.83`; one decimal from 10, none from 1,000; a dash where it is none."""
    return "–" if math.isnan(value) else alike(value, sign="")[0]


def difference(value: float, low: float, high: float) -> str:
    """`+0.05 [-0.02, +0.12]`"""
    shown, least, most = alike(value, low, high, sign="+")
    return f"{shown} [{least}, {most}]"


def dollars(cost: float | None) -> str:
    """`$1.23`, `$0.0123`, `free`; `?` where a price is unknown."""
    if cost is None:
        return "?"
    return say("free") if cost == 0 else f"${cost:,.2f}" if cost >= 1 else f"${cost:.4f}"


def duration(seconds: float | None) -> str:
    """`0.42 s`, `12 s`; a dash where nothing was timed."""
    if seconds is None:
        return "–"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:,.0f} s"


def probability(p: float) -> str:
    """`p = 0.012`, and never zero."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def likelihood(found: Logprobs) -> str:
    """`mean log-probability -0.21 a token, probability 0.81`: the latter is that of a token, on average."""
    return say(
        "mean log-probability {mean} a token, probability {probability}",
        mean=f"{found.mean:.2f}",
        probability=f"{math.exp(found.mean):.2f}",
    )


def first_tokens(found: Logprobs) -> str:
    """`" yes" 0.62 · " no" 0.31`: the likeliest first tokens of a reply, at most 5."""
    likeliest = list(found.first.items())[:ALTERNATIVES]
    return " · ".join(f"{_quoted(text)} {math.exp(value):.2f}" for text, value in likeliest)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def plural(count: int, noun: str) -> str:
    """`1 error`, `2,000 errors`"""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def alike(*values: float, sign: str) -> list[str]:
    """The values with the same number of decimals."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    decimals = 2 if largest < 10 else 1 if largest < 1_000 else 0
    return [f"{value:{sign},.{decimals}f}".replace("inf", "∞") for value in values]
