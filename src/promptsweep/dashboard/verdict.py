"""A comparison in whole sentences, in the visitor's language."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from promptsweep.dashboard import plain, wording
from promptsweep.dashboard.words import say
from promptsweep.reports import figures
from promptsweep.reports.compare import UNSHOWN, Comparison


def show(one: Comparison, a: str, b: str) -> None:
    """Draws the verdict. `a` and `b` name the arms, as Markdown."""
    text = " ".join(sentences(one, a, b))
    if one.verdict == "better":
        st.success(text, icon=":material/trending_up:")
    elif one.verdict == "worse":
        st.warning(text, icon=":material/trending_down:")
    else:
        st.info(text, icon=":material/balance:")


def sentences(one: Comparison, a: str, b: str) -> Iterator[str]:
    """What the samples say, and what it would take to say more."""
    yield _verdict(one, a, b)
    found = one.paired
    if found.n != one.shared:
        yield say("Samples that belong together count as one: there are {count} of these.", count=found.n)
    if found.minimum_detectable is not None:
        yield say(
            "The smallest difference that so many samples are likely to show (80 % power) is {size}.",
            size=_number(found.minimum_detectable),
        )
    if one.verdict == UNSHOWN and found.needed is not None and found.needed > found.n:
        yield say("About {count} samples would settle a difference of this size.", count=f"{found.needed:,}")


def _verdict(one: Comparison, a: str, b: str) -> str:
    found, shown = one.paired, one.verdict != UNSHOWN
    ends = (found.difference, found.low, found.high)
    turned = shown and found.difference < 0
    ends = (-found.difference, -found.high, -found.low) if turned else ends
    by, low, high = figures.alike(*ends, sign="" if shown else "+")
    facts = {
        "a": a,
        "b": b,
        "by": by,
        "metric": plain.inline(one.metric),
        "low": low,
        "high": high,
        "p": figures.probability(one.p_adjusted),
        "samples": wording.samples(one.shared),
    }
    if one.verdict == "better":
        return say(
            "{b} is better than {a} by {by} in {metric} (95 %: {low} to {high}; {p}), on {samples}.", **facts
        )
    if one.verdict == "worse":
        return say(
            "{b} is worse than {a} by {by} in {metric} (95 %: {low} to {high}; {p}), on {samples}.", **facts
        )
    if one.verdict == "higher":
        return say(
            "{b} is higher than {a} by {by} in {metric} (95 %: {low} to {high}; {p}), on {samples}.", **facts
        )
    if one.verdict == "lower":
        return say(
            "{b} is lower than {a} by {by} in {metric} (95 %: {low} to {high}; {p}), on {samples}.", **facts
        )
    return say(
        "No difference in {metric} between {b} and {a} is shown: {by} (95 %: {low} to {high}; {p}), "
        "on {samples}.",
        **facts,
    )


def _number(value: float) -> str:
    [shown] = figures.alike(value, sign="")
    return shown
