"""Where a strategy's templates are edited, and an edit becomes a strategy of its own."""

from __future__ import annotations

from typing import Final

import streamlit as st

from promptsweep.api.saving import save_strategy
from promptsweep.api.trying import Stored, Trial
from promptsweep.dashboard import address, asking, kept, plain
from promptsweep.dashboard.words import say
from promptsweep.errors import ConfigError
from promptsweep.types import digest
from promptsweep.workspace import Workspace

_SAVED: Final = "strategy-saved"
LINES = 18
"""Lines of a template that are seen at once, where it has so many."""


def edits(strategy: str, stored: Stored) -> dict[str, str]:
    """Draws every template as a text to edit; returns those that differ from what is stored, by stage."""
    st.subheader(say("Templates") if len(stored.templates) > 1 else say("Template"), anchor=False)
    if stored.description:
        st.text(plain.cell(stored.description))
    names = {stage: f"{strategy}/{stage}@{digest(text)[:8]}" for stage, text in stored.templates.items()}
    tabs = st.tabs([plain.inline(f"{stage}.j2") for stage in stored.templates])
    found = {}
    for tab, (stage, text) in zip(tabs, stored.templates.items(), strict=True):
        with tab:
            height = 40 + 24 * min(LINES, 2 + text.count("\n"))
            written = kept.area(stage, names[stage], text, height=height, label_visibility="collapsed")
        if written != text:
            found[stage] = written
    if found:
        icon = ":material/undo:"
        st.button(say("Undo all edits"), icon=icon, on_click=kept.forget, args=(list(names.values()),))
    return found


def save(trial: Trial, place: Workspace) -> None:
    """Draws how to save the edits under a new name; the page then shows the saved strategy."""
    if saved := st.session_state.pop(_SAVED, None):
        st.success(
            say(
                "Saved as {folder}. A sweep can name it, and {command} lists it.",
                folder=plain.literal(f"prompts/{saved}/"),
                command="`promptsweep list strategies`",
            ),
            icon=":material/check:",
        )
    with (
        st.form("save", border=False, enter_to_submit=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        name = st.text_input(say("Save as a new strategy"), placeholder=say("its name"), key="save-as")
        wanted = st.form_submit_button(say("Save"), icon=":material/save:")
    if not wanted:
        return
    try:
        folder = save_strategy(name, trial.strategy, trial.edits, place)
    except ConfigError as error:
        asking.problem(say("Not saved"), error)
        return
    st.session_state[_SAVED] = folder.name
    address.put("strategy", folder.name)
    st.rerun()
