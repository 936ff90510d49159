"""What answers take: tokens of each kind, and the seconds that a user waits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import costing, downloads, tables
from promptsweep.dashboard.words import say
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.charts.boxes import Box, boxes
from promptsweep.reports.charts.stacks import Part, stacks
from promptsweep.reports.judging import figure
from promptsweep.reports.usage import Usage
from promptsweep.reports.waiting import Waiting
from promptsweep.stats import Interval


def show(info: RunInfo, used: Sequence[Usage], shown: Mapping[str, str]) -> None:
    """Draws both side by side, and their figures below."""
    waits = costing.waited(info)
    tokens, wait = st.columns(2, gap="medium")
    with tokens:
        st.subheader(say("Tokens of a sample"), anchor=False)
        parts = [part for one in used for part in _parts(one, shown[one.arm])]
        st.altair_chart(stacks(parts, say("tokens"), arm=say("arm")), width="stretch")
    with wait:
        st.subheader(say("Waiting time of a sample"), anchor=False)
        rows = [_box(waits[one.arm], shown[one.arm]) for one in used if one.arm in waits]
        words = {"arm": say("arm"), "median": say("median wait"), "most": say("95 % wait at most")}
        st.altair_chart(boxes(rows, say("seconds"), **words), width="stretch")
    tables.table([_row(one, waits.get(one.arm), shown[one.arm]) for one in used])
    downloads.rows([_plain_row(one, waits.get(one.arm)) for one in used], "effort")
    st.caption(
        say(
            "Means of all answers, every call of a strategy counted, stored replies too. Reasoning is part "
            "of what a model writes. Waiting time is what a user would wait if calls that can run together "
            "do: the bar is the middle half of the answers, the line reaches from the 5th to the 95th "
            "percentile, the tick is the median. Brackets are 95 % intervals; ∞ means that there are too "
            "few answers to tell."
        )
    )


def seconds(found: Interval) -> str:
    """A time and its interval: `0.42 [0.40, 0.47]`; it is never below 0."""
    return f"{figure(found.value)} [{figure(max(0.0, found.low))}, {figure(found.high)}]"


def _parts(one: Usage, label: str) -> list[Part]:
    kinds = [
        (say("prompt"), one.prompt),
        (say("reply"), one.completion - one.reasoning),
        (say("reasoning"), one.reasoning),
    ]
    return [Part(label, name, value, f"{value:,.1f}") for name, value in kinds if value]


def _box(one: Waiting, label: str) -> Box:
    p05, p25, p50, p75, p95 = (found.value for found in (one.p05, one.p25, one.p50, one.p75, one.p95))
    return Box(label, p05, p25, p50, p75, p95, seconds(one.p50), seconds(one.p95))


def _row(one: Usage, wait: Waiting | None, label: str) -> dict[str, Any]:
    return {
        say("arm"): label,
        say("calls"): figure(one.calls),
        say("prompt tokens"): f"{one.prompt:,.0f}",
        say("reply tokens"): f"{one.completion - one.reasoning:,.0f}",
        say("reasoning tokens"): f"{one.reasoning:,.0f}",
        say("median wait, s"): wait and seconds(wait.p50),
        say("95 % wait at most, s"): wait and seconds(wait.p95),
    }


def _plain_row(one: Usage, wait: Waiting | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "arm": one.arm,
        "answers": one.answers,
        "calls": one.calls,
        "prompt_tokens": one.prompt,
        "completion_tokens": one.completion,
        "reasoning_tokens": one.reasoning,
        "usd": one.usd,
    }
    for name, found in () if wait is None else (("p50", wait.p50), ("p95", wait.p95)):
        ends = {f"{name}_seconds": found.value, f"{name}_low": found.low, f"{name}_high": found.high}
        row |= {column: value if math.isfinite(value) else None for column, value in ends.items()}
    return row
