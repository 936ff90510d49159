"""Chain of density: how each step changes the summary, and where the recipe is broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import downloads, pages, plain, source, tables
from promptsweep.dashboard.anatomy import choice, reads
from promptsweep.dashboard.words import say
from promptsweep.reports import ArmSummary, figures
from promptsweep.reports.anatomy.density import MEASURES, Chains, Check, Step, steps_of
from promptsweep.reports.browse import RunInfo, Trace
from promptsweep.reports.charts.curves import Point, curve

IN_A_ROW = 3
"""Pictures beside each other."""


def show(info: RunInfo, arms: Sequence[ArmSummary]) -> None:
    """Draws the arm that is picked."""
    arm = choice.arm(arms, "sample")
    with choice.waiting():
        found = reads.chains(source.store(), info, arm)
    st.subheader(say("Step by step"), anchor=False)
    if not found.steps:
        st.info(say("No reply held a chain of summaries."), icon=":material/info:")
    else:
        _steps(found)
        _checks(found.checks, arm)
    choice.partly(found.read, found.records)
    if found.steps and found.without:
        st.caption(
            say(
                "{without} of {read} replies held no chain.",
                without=f"{found.without:,}",
                read=f"{found.read:,}",
            )
        )
    trace = choice.sample(info, arm)
    if trace is not None:
        _texts(trace, found.returned)


def _measures() -> Mapping[str, str]:
    """Measure → what its axis says."""
    return {
        "density": say("entities for each word"),
        "words": say("words"),
        "added": say("entities added"),
        "rouge1": "rouge1",
        "rouge2": "rouge2",
        "rougeLsum": "rougeLsum",
    }


def _steps(found: Chains) -> None:
    st.markdown(_gained(found))
    named = _measures()
    shown = [name for name in MEASURES if any(name in step for step in found.steps)]
    for start in range(0, len(shown), IN_A_ROW):
        for column, name in zip(st.columns(IN_A_ROW), shown[start : start + IN_A_ROW], strict=False):
            column.altair_chart(curve(_points(found, name), say("step"), named[name]), width="stretch")
    st.caption(
        say(
            "Means over samples with 95 % intervals; the large dot is step {step}, whose summary is the "
            "answer. Entities are names and figures found as text, a proxy for what a summary holds.",
            step=found.returned,
        )
    )
    rows = [_row(number, step) for number, step in enumerate(found.steps, 1)]
    with st.expander(say("The figures")):
        tables.table([{say("step"): row["step"], **{named[n]: row[n] for n in shown}} for row in rows])
    downloads.rows(_flat(found), "steps")


def _gained(found: Chains) -> str:
    """What the curves show, in a sentence."""
    first, last = found.steps[0], found.steps[-1]
    if "density" not in first or "density" not in last:
        return say(
            "From step 1 to step {last} the length goes from {before} to {after} words.",
            last=len(found.steps),
            before=f"{first['words'].value:.0f}",
            after=f"{last['words'].value:.0f}",
        )
    return say(
        "From step 1 to step {last} the density goes from {before} to {after} entities for each word.",
        last=len(found.steps),
        before=f"{first['density'].value:.3f}",
        after=f"{last['density'].value:.3f}",
    )


def _points(found: Chains, name: str) -> list[Point]:
    return [
        Point(number, one.value, one.low, one.high, _shown(name, one), marked=number == found.returned)
        for number, step in enumerate(found.steps, 1)
        if (one := step.get(name)) is not None
    ]


def _shown(name: str, one: Any) -> str:
    """Densities are small: they need a third decimal."""
    if name == "density":
        return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
    return figures.interval(one)


def _row(number: int, step: Mapping[str, Any]) -> dict[str, Any]:
    return {"step": number, **{name: _shown(name, step[name]) if name in step else None for name in MEASURES}}


def _flat(found: Chains) -> list[dict[str, Any]]:
    return [
        {
            "step": number,
            "measure": name,
            "mean": one.value,
            "low": one.low,
            "high": one.high,
            "samples": one.n,
        }
        for number, step in enumerate(found.steps, 1)
        for name, one in step.items()
    ]


def _checks(checks: Sequence[Check], arm: str) -> None:
    st.subheader(say("The recipe"), anchor=False)
    demands = {
        "steps": say("as many steps as asked for"),
        "length": say("every step as long as the first, within 10 %"),
        "kept": say("no entity dropped"),
        "rising": say("denser with every step"),
        "in_source": say("every entity it says it added is in the source"),
    }
    rows = [
        {
            say("demand"): demands[check.name],
            say("broken"): f"{check.broken:,} / {check.of:,}" if check.of else None,
            say("for example"): None if check.example is None else plain.cell(check.example),
        }
        for check in checks
    ]

    def opens(place: int) -> None:
        if checks[place].example is not None:
            pages.go("trace", sample=checks[place].example, arm=arm)

    tables.openable(rows, "recipe", opens)
    st.caption(say("Select a row to see the first sample that breaks the demand."))


def _texts(trace: Trace, returned: int) -> None:
    steps = steps_of(trace.sample, trace.details)
    if not steps:
        st.info(say("The reply to this sample held no chain of summaries."), icon=":material/info:")
        return
    for number, step in enumerate(steps, 1):
        with st.expander(_title(number, step, returned)):
            plain.block(step.summary, f"step-{number}")
            for label, names in (
                (say("Added"), step.added),
                (say("Dropped"), step.dropped),
                (say("Not in the source"), step.invented),
            ):
                if names:
                    plain.labelled(label, " · ".join(names), f"step-{number}-{label}")
    with st.expander(say("The source")):
        plain.block(trace.sample.input, "source")


def _title(number: int, step: Step, returned: int) -> str:
    facts = [say("Step {number}", number=number), say("{words} words", words=f"{step.words:,}")]
    if step.found is not None:
        facts.append(say("entities: {entities}", entities=len(step.found)))
    facts += [f"{name} {value:.2f}" for name, value in step.rouge.items()]
    facts += [say("the answer")] if number == returned else []
    return " · ".join(facts)
