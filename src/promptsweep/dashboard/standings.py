"""The table of a leaderboard: all figures of each arm, the arms that may be best marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import plain, tables, wording
from promptsweep.dashboard.words import say
from promptsweep.reports import ArmSummary, figures
from promptsweep.reports.best import BestArm
from promptsweep.types import Outcome


def standings(
    arms: Sequence[ArmSummary], names: Sequence[str], shown: Mapping[str, str], best: BestArm | None
) -> None:
    """Draws the arms in the given order; `names` are the metrics, `shown` the arms' short names by label."""
    rows = [
        {say("arm"): shown[arm.arm], **_standing(arm, best), **_figures(arm, arms, names)} for arm in arms
    ]
    marked = {best.arm, *best.equals} if best else set()
    tables.table(rows, _columns(arms), [place for place, arm in enumerate(arms) if arm.arm in marked])


def _standing(arm: ArmSummary, best: BestArm | None) -> dict[str, str]:
    """What colour says of a row, in words."""
    if best is None:
        return {}
    standing = {best.arm: say("best")} | dict.fromkeys(best.equals, say("maybe best"))
    return {say("standing"): standing.get(arm.arm, "")}


def _figures(arm: ArmSummary, arms: Sequence[ArmSummary], names: Sequence[str]) -> dict[str, Any]:
    occurring = [
        outcome
        for outcome in Outcome
        if outcome is not Outcome.OK and any(other.outcomes[outcome.value] for other in arms)
    ]
    return {
        **{plain.cell(name): figures.interval(arm.metrics.get(name)) for name in names},
        say("scored"): f"{arm.scored}/{arm.samples}",
        **{wording.outcome(outcome): arm.outcomes[outcome.value] for outcome in occurring},
        say("cost"): say("free") if _free(arms) else arm.cost_usd,
        say("tokens"): sum(arm.tokens.values()),
        "p50": arm.p50_seconds,
        "p95": arm.p95_seconds,
        say("requests"): arm.requests,
        say("from store"): arm.cached,
    }


def _columns(arms: Sequence[ArmSummary]) -> dict[str, Any]:
    """How numbers look; they stay numbers, so that a click on a heading sorts them."""
    number, seconds = st.column_config.NumberColumn, st.column_config.NumberColumn(format="%.2f s")
    dear = any((arm.cost_usd or 0) >= 1 for arm in arms)
    money = {} if _free(arms) else {say("cost"): number(format="$%.2f" if dear else "$%.4f")}
    counts = dict.fromkeys((say("tokens"), say("requests"), say("from store")), number(format="localized"))
    names = {say("arm"): st.column_config.Column(pinned=True)}
    return {**names, **money, **counts, "p50": seconds, "p95": seconds}


def _free(arms: Sequence[ArmSummary]) -> bool:
    return all(arm.cost_usd == 0 for arm in arms)
