"""The conversation of a session: its turns, and what is known of each reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from promptsweep.types import Completion, Message

_TURNS: Final = "conversation"


@dataclass(frozen=True, slots=True)
class Turn:
    """A message, and the reply to it."""

    message: str
    completion: Completion
    model: str
    system: str
    """The instructions that were sent with it."""
    judged: str = ""
    """Where the judgement on it was stored; empty where there is none."""

    @property
    def messages(self) -> tuple[Message, Message]:
        """What the next request repeats."""
        return Message("user", self.message), Message("assistant", self.completion.text)


def turns() -> list[Turn]:
    """All of them, oldest first."""
    found: list[Turn] = st.session_state.setdefault(_TURNS, [])
    return found


def sent(before: Sequence[Turn]) -> list[Message]:
    """The messages of turns, in order."""
    return [message for turn in before for message in turn.messages]


def judged(place: int, where: str) -> None:
    """Notes that a reply was judged."""
    turns()[place] = replace(turns()[place], judged=where)


def clear() -> None:
    """Begins a new one."""
    st.session_state[_TURNS] = []
