"""How a strategy works inside: what is special to each, read from the run's stored replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import streamlit as st

from promptsweep.dashboard import address, banner, plain, source
from promptsweep.dashboard.anatomy import density, reasoning, shots, skeleton, votes
from promptsweep.dashboard.words import say
from promptsweep.reports import ArmSummary
from promptsweep.reports.browse import RunInfo

_DRAWN: Final[Mapping[str, Callable[[RunInfo, Sequence[ArmSummary]], None]]] = {
    "skeleton_of_thought": skeleton.show,
    "chain_of_density": density.show,
    "self_consistency": votes.show,
    "few_shot": shots.show,
    "chain_of_thought": reasoning.show,
}


def show() -> None:
    """Draws the page."""
    info = source.current()
    banner.heading(say("Anatomy"), info)
    by_strategy: dict[str, list[ArmSummary]] = {}
    for arm in source.summaries(info):
        if arm.strategy in _DRAWN:
            by_strategy.setdefault(arm.strategy, []).append(arm)
    if not by_strategy:
        st.info(
            say(
                "This page looks inside strategies that have parts: {names}. The run has none of them.",
                names=", ".join(map(plain.literal, _DRAWN)),
            ),
            icon=":material/info:",
        )
        return
    options = [name for name in _DRAWN if name in by_strategy]
    strategy = address.pick(say("Strategy"), "strategy", options, "arm", "sample", "series")
    arms = by_strategy[strategy]
    if not any(arm.scored for arm in arms):
        st.info(say("Nothing is answered yet."), icon=":material/hourglass:")
        return
    _DRAWN[strategy](info, arms)
