"""The best arm of a dataset, in words: what its score is worth, and which arms may be as good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from promptsweep.dashboard import plain, source, wording
from promptsweep.dashboard.words import say
from promptsweep.reports import ArmSummary, figures
from promptsweep.reports.best import BestArm
from promptsweep.reports.browse import RunInfo
from promptsweep.stats import Interval
from promptsweep.types import Status


def show(info: RunInfo, arms: Sequence[ArmSummary], metric: str, shown: Mapping[str, str]) -> BestArm | None:
    """Draws who is best of `arms` by a metric, and returns it; None where that cannot be said."""
    found = source.metrics(info)[arms[0].dataset][metric]
    if info.status is Status.RUNNING or len(arms) < 2 or found.higher_is_better is None:
        return None
    if found.kind == "aggregate":
        st.caption(
            say(
                "{metric} is computed over all answers together: which arms may be best is known for metrics "
                "that score each answer.",
                metric=plain.literal(metric),
            )
        )
        return None
    with st.spinner(say("Telling the arms apart…")):
        best = source.best(info, metric, [arm.arm for arm in arms])
    if best is not None:
        st.markdown(" ".join([_pick(best, shown), _rivals(best)]), help=_why())
    return best


def _pick(best: BestArm, shown: Mapping[str, str]) -> str:
    return say(
        "{arm} is the best of {count} arms with {observed} on {samples}; corrected for having been picked, "
        "its {metric} is **{corrected}**.",
        arm=plain.literal(shown[best.arm]),
        count=best.arms,
        observed=figures.number(best.observed),
        samples=wording.samples(best.n),
        metric=plain.literal(best.metric),
        corrected=figures.interval(Interval(best.corrected, best.low, best.high, best.n)),
    )


def _rivals(best: BestArm) -> str:
    """Who may be as good."""
    count = len(best.equals)
    if count == 0:
        return say("Every other arm is worse, beyond chance.")
    if count == 1:
        return say("The other shaded arm cannot be told apart from it.")
    if count == best.arms - 1:
        return say("No other arm can be told apart from it.")
    return say("The {count} other shaded arms cannot be told apart from it.", count=count)


def _why() -> str:
    return say(
        "The best of several arms owes part of its lead to luck. The corrected score is what to expect of it "
        "on other samples; the shaded arms are those that may be the best (95 %)."
    )
