"""Thumbs up and down: a judged reply becomes a labelled sample of a dataset in the workspace."""

from __future__ import annotations

import streamlit as st

from promptsweep.api.rating import Rated, keep
from promptsweep.dashboard import asking, conversation, plain
from promptsweep.dashboard.conversation import Turn
from promptsweep.dashboard.words import say
from promptsweep.errors import ConfigError
from promptsweep.workspace import Workspace


def show(number: int, turn: Turn, dataset: str, place: Workspace) -> None:
    """Draws the thumbs of a reply, or where its judgement was stored. `dataset` is a name without `chat_`."""
    if turn.judged:
        st.caption(say("Stored in {file}.", file=plain.literal(turn.judged)))
        return
    with st.container(horizontal=True, gap="small"):
        if st.button(say("Right"), icon=":material/thumb_up:", key=f"up-{number}", type="tertiary"):
            _store(number, turn, dataset, place, liked=True)
        with st.popover(say("Wrong"), icon=":material/thumb_down:", key=f"down-{number}", type="tertiary"):
            better = st.text_area(say("A better answer, if you know one"), key=f"better-{number}")
            if st.button(say("Store as wrong"), icon=":material/save:", key=f"wrong-{number}"):
                _store(number, turn, dataset, place, liked=False, better=better)


def _store(number: int, turn: Turn, dataset: str, place: Workspace, *, liked: bool, better: str = "") -> None:
    rated = Rated(
        message=turn.message,
        reply=turn.completion.text,
        liked=liked,
        before=conversation.sent(conversation.turns()[:number]),
        better=better,
        model=turn.model,
        system=turn.system,
    )
    try:
        file = keep(rated, dataset, place)
    except ConfigError as error:
        asking.problem(say("Not stored"), error)
        return
    conversation.judged(number, f"datasets/{file.name}")
    st.rerun()
