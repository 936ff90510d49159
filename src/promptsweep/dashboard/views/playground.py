"""Try a prompt on one sample: see what is sent, edit it, send it, see how it scores, save what is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import streamlit as st

from promptsweep.api import trying
from promptsweep.api.trying import First, Trial
from promptsweep.dashboard import asking, attempts, bench, knobs, plain, source, wording, working, workshop
from promptsweep.dashboard.words import say
from promptsweep.errors import ConfigError
from promptsweep.runners import Allowance, PlannedArm
from promptsweep.types import Message, Sample
from promptsweep.workspace import Workspace

TALL = 620
"""Pixels of a box that scrolls."""
MOST_UNSCROLLED, PER_MESSAGE = 1_500, 200
"""Characters that are shown whole, where the frame of a message counts as so many."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What can be sent."""

    planned: PlannedArm
    sample: Sample
    first: First

    @property
    def name(self) -> attempts.Name:
        """What the session remembers its reply by."""
        return self.planned.arm.key, self.sample.digest


def show() -> None:
    """Draws the page."""
    st.title(say("Playground"), anchor=False)
    st.caption(
        say("One prompt on one sample. What is sent from here is not stored as a run, only what it costs.")
    )
    place = source.workspace()
    try:
        bench.take_arm()
        chosen = bench.choose(place)
        trial = _parameters(chosen, place)
        left, right = st.columns(2, gap="large")
        with left:
            trial = replace(trial, edits=workshop.edits(chosen.strategy, chosen.stored))
            workshop.save(trial, place)
        with right:
            sample = bench.sample(chosen)
            ready = _preview(trial, sample, place)
    except ConfigError as error:
        asking.problem(say("This cannot be tried"), error)
        return
    if ready is not None:
        _sending(trial, ready, place)


def _parameters(chosen: bench.Chosen, place: Workspace) -> Trial:
    """Draws the parameters, folded; the trial with all but the edits."""
    with st.expander(say("Parameters"), icon=":material/tune:"):
        sampling = asking.sampling()
        system = bench.persona(place)
        params = knobs.of_strategy("params", chosen.stored.params)
    return Trial(
        strategy=chosen.strategy,
        dataset=chosen.dataset,
        model=chosen.model,
        split=chosen.split,
        strategy_params=params,
        params=sampling,
        system=system,
    )


def _preview(trial: Trial, sample: Sample, place: Workspace) -> Ready | None:
    """Draws the messages of the first call, or the line that says why there are none."""
    st.subheader(say("Messages of the first call"), anchor=False)
    try:
        ready = _ready(trial, sample, place)
    except ConfigError as error:
        asking.problem(say("These messages cannot be made"), error)
        return None
    with st.container(height=_height(ready.first.request.messages), border=False):
        for number, message in enumerate(ready.first.request.messages, 1):
            plain.labelled(message.role, message.content, f"message-{number}")
    return ready


def _height(messages: Sequence[Message]) -> int | Literal["content"]:
    """Many or long messages scroll beside the template."""
    length = sum(PER_MESSAGE + len(message.content) for message in messages)
    return TALL if length > MOST_UNSCROLLED else "content"


def _ready(trial: Trial, sample: Sample, place: Workspace) -> Ready:
    planned = trying.prepare(trial, place)
    return Ready(planned, sample, trying.first(planned, sample))


def _sending(trial: Trial, ready: Ready, place: Workspace) -> None:
    """Draws the buttons and what came of earlier sends of exactly this."""
    st.divider()
    stored = _unedited(trial, ready.sample, place) if trial.edits else None
    lacks, icon = asking.lacking(trial.model, place) is not None, ":material/send:"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=220):
            limits = asking.limits(ready.first.worst)
        label = say("Send as edited") if stored else say("Send")
        if st.button(label, type="primary", icon=icon, disabled=lacks, key="send"):
            _send(ready, limits)
        if stored and st.button(say("Send as stored"), icon=icon, disabled=lacks, key="send-stored"):
            _send(stored, limits)
    st.caption(_worst(ready.first))
    asking.notice(ready.planned.model)
    named = {say("Edited"): ready, say("As stored"): stored} if stored else {say("As stored"): ready}
    shown = {label: trace for label, one in named.items() if one and (trace := attempts.found(one.name))}
    if shown:
        attempts.show(shown)


def _unedited(trial: Trial, sample: Sample, place: Workspace) -> Ready | None:
    """The same with the templates as they are stored; None where these have no messages for the sample."""
    try:
        return _ready(replace(trial, edits={}), sample, place)
    except ConfigError:
        return None


def _send(ready: Ready, limits: Allowance) -> None:
    spot = st.empty()
    model = plain.literal(ready.planned.arm.model)

    def look(seconds: float) -> None:
        spot.caption(say("Waiting for {model}: {seconds} s", model=model, seconds=f"{seconds:.0f}"))

    store = source.store(create=True)
    trace = working.waited(trying.send(ready.planned, ready.sample, limits, store), look)
    attempts.remember(ready.name, trace)
    spot.empty()


def _worst(first: First) -> str:
    """What a send can take at most, as far as that is known before."""
    calls = first.most_calls
    count = (
        say("The strategy does not say how many calls it makes.")
        if calls is None
        else say("One call.")
        if calls == 1
        else say("At most {count} calls.", count=calls)
    )
    worst = first.worst
    if worst.usd == 0:
        return f"{count} {say('This model is free of charge.')}"
    if worst.tokens is None:
        return f"{count} {say('Nothing limits the reply, so it cannot be sent: set its most tokens.')}"
    cost = say("an unknown price") if worst.usd is None else wording.dollars(worst.usd).replace("$", "\\$")
    most = say("The first takes at most {tokens} tokens, for {cost}.", tokens=f"{worst.tokens:,}", cost=cost)
    return f"{count} {most}"
