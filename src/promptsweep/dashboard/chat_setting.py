"""Whom the visitor of the chat talks to, and how: model, instructions, file, window and limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from promptsweep.api import chatting
from promptsweep.api.chatting import Room
from promptsweep.api.documents import MOST_BYTES, Document, read_document
from promptsweep.dashboard import address, asking, bench, conversation, kept
from promptsweep.dashboard.words import language, say
from promptsweep.errors import ConfigError
from promptsweep.models import Model, load
from promptsweep.models.contexts import context_window
from promptsweep.runners import Allowance
from promptsweep.runners.costs import worst_case
from promptsweep.types import JSON, Message, Request
from promptsweep.workspace import Workspace

LONGEST_WINDOW = 100_000_000
"""Tokens."""


@dataclass(frozen=True, slots=True)
class Setting:
    """All that a request is made of besides the turns."""

    reference: str
    model: Model
    params: Mapping[str, JSON]
    system: str
    document: Document | None
    window: int | None
    limits: Allowance

    def request(self, message: str) -> Request:
        """What a message would send now, with all turns before it."""
        turns = [*conversation.sent(conversation.turns()), Message("user", message)]
        return self.model.request(chatting.messages(self.system, self.document, turns), self.params, 0)

    def room(self, request: Request) -> Room:
        """How a request fits into the window."""
        return chatting.room(request, self.model, self.window)


def choose(place: Workspace) -> Setting | None:
    """Draws the choices; None where the model's key is missing. Raises ConfigError where they do not fit."""
    reference = asking.model(place)
    system = _instructions(place)
    document = _document()
    with st.expander(say("Parameters"), icon=":material/tune:"):
        params = asking.sampling()
        window = _window(context_window(reference, place))
        limited = st.container()
    if asking.lacking(reference, place) is not None:
        return None
    model = load(reference, place)
    model.check(params)
    with limited:
        limits = asking.limits(worst_case(model.request((), params, 0), model))
    if document is not None and window is None:
        raise ConfigError(
            f"the context window of {reference} is unknown, so that nobody can tell whether the file "
            "fits: write it under the parameters"
        )
    return Setting(reference, model, params, system, document, window, limits)


def _instructions(place: Workspace) -> str:
    """A persona's text, or one's own."""
    name = bench.persona(place)
    text = "" if name == bench.NOBODY else chatting.persona(name, language(), place)
    return kept.area(say("Instructions"), f"instructions/{name}/{language()}", text, height=100)


def _document() -> Document | None:
    given = st.file_uploader(say("A text file to ask about"), max_upload_size=MOST_BYTES // 1_000_000)
    return None if given is None else read_document(given.name, given.getvalue())


def _window(known: int | None) -> int | None:
    """The context window: as it is known, or as the visitor says."""
    given = min(LONGEST_WINDOW, address.number("window", 0)) or known
    bound = address.bound("window", given, known)
    label, where = say("Context window, in tokens"), say("Of the prompt and the reply together.")
    words: dict[str, Any] = {"placeholder": say("unknown"), "help": where}
    size: int | None = st.number_input(label, 1, LONGEST_WINDOW, step=1_024, **words, **bound)
    return size
