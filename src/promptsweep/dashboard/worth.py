"""Is an arm worth its cost: points for money, and what the extra cost buys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from promptsweep.dashboard import downloads, plain, tables, wording
from promptsweep.dashboard.words import say
from promptsweep.reports import figures
from promptsweep.reports.efficiency import Axis, CostTable, Efficiency
from promptsweep.reports.judging import figure
from promptsweep.reports.tradeoff import EACH


def amount(value: float, axis: Axis) -> str:
    """Dollars or tokens, as text."""
    return wording.dollars(value) if axis == "usd" else f"{value:,.0f}"


def show(table: CostTable | None, shown: Mapping[str, str]) -> None:
    """Draws points for money, and each arm against the best that costs no more; nothing for None."""
    if table is None:
        return
    st.subheader(say("Is it worth its cost?"), anchor=False)
    tables.table([_row(one, table, shown) for one in table.arms])
    downloads.rows([_plain_row(one, table) for one in table.arms], "worth")
    st.caption(
        say(
            "On the {n} samples that all arms have scores for. Each arm is held, sample by sample, against "
            "the best of those that cost no more: `better` means that the extra cost buys something. The "
            "difference has a 95 % interval; the verdict is adjusted for the number of comparisons (Holm).",
            n=f"{table.n:,}",
        )
    )


def _row(one: Efficiency, table: CostTable, shown: Mapping[str, str]) -> dict[str, Any]:
    dollars = table.axis == "usd"
    cost = EACH * (one.usd or 0.0) if dollars else EACH * one.tokens
    points = one.per_dollar if dollars else one.per_thousand_tokens
    rival = one.at_cost
    unit = say("US$ for 1,000 samples") if dollars else say("tokens for 1,000 samples")
    return {
        say("arm"): shown[one.arm],
        plain.cell(table.metric): figure(one.score),
        unit: amount(cost, table.axis),
        say("points / US$") if dollars else say("points / 1,000 tokens"): None
        if points is None
        else figure(points),
        say("against"): rival and shown[rival.rival],
        say("difference"): rival
        and figures.difference(rival.paired.difference, rival.paired.low, rival.paired.high),
        say("verdict"): rival and wording.verdict(rival.verdict),
    }


def _plain_row(one: Efficiency, table: CostTable) -> dict[str, Any]:
    rival = one.at_cost
    return {
        "arm": one.arm,
        "metric": table.metric,
        "score": one.score,
        "usd": one.usd,
        "tokens": one.tokens,
        "per_dollar": one.per_dollar,
        "per_thousand_tokens": one.per_thousand_tokens,
        "pareto": one.pareto,
        "rival": rival and rival.rival,
        "difference": rival and rival.paired.difference,
        "p_adjusted": rival and rival.p_adjusted,
        "verdict": rival and rival.verdict,
    }
