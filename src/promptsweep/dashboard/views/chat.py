"""A plain chat with a model, about a file if one likes; replies that are judged become samples."""

from __future__ import annotations

from typing import Final

import streamlit as st

from promptsweep.api import chatting
from promptsweep.api.chatting import Room
from promptsweep.dashboard import (
    address,
    asking,
    chat_setting,
    conversation,
    plain,
    source,
    thumbs,
    wording,
    working,
)
from promptsweep.dashboard.chat_setting import Setting
from promptsweep.dashboard.conversation import Turn
from promptsweep.dashboard.words import say
from promptsweep.errors import ConfigError, PromptsweepError
from promptsweep.reports import figures
from promptsweep.types import Completion, Request
from promptsweep.workspace import Workspace

_FAILED: Final = "message-without-reply"
_AGAIN: Final = "message-to-send-again"


def show() -> None:
    """Draws the page."""
    st.title(say("Chat"), anchor=False)
    st.caption(say("What is said here is not stored, unless you judge a reply; what it costs is."))
    place, setting = source.workspace(), None
    left, right = st.columns([1, 2], gap="large")
    with left:
        try:
            setting = chat_setting.choose(place)
        except ConfigError as error:
            asking.problem(say("Nothing can be sent like this"), error)
        dataset = _dataset()
        _foot(setting)
    with right:
        for number, turn in enumerate(conversation.turns()):
            _turn(number, turn, dataset, place)
        going = st.container()
    written = st.chat_input(say("Write a message"), disabled=setting is None)
    said = written or st.session_state.pop(_AGAIN, None)
    with going:
        if said and setting is not None:
            _ask(setting, said)
        else:
            _failed()


def _dataset() -> str:
    """Draws the name of the dataset that judged replies go to."""
    bound = address.bound("into", address.get("into") or "mine", "mine")
    name: str = st.text_input(say("Judged replies go to the dataset"), **bound)
    st.caption(say("Its name gets {prefix} before it.", prefix="`chat_`"))
    return name


def _turn(number: int, turn: Turn, dataset: str, place: Workspace) -> None:
    with st.chat_message("user"):
        plain.block(turn.message, f"said-{number}")
    with st.chat_message("assistant"):
        if turn.completion.reasoning:
            with st.expander(say("Reasoning")):
                plain.block(turn.completion.reasoning, f"reasoning-{number}")
        plain.block(turn.completion.text, f"reply-{number}")
        st.text(plain.cell(" · ".join([turn.model, *_facts(turn.completion)])))
        thumbs.show(number, turn, dataset, place)


def _facts(reply: Completion) -> list[str]:
    sent, got = _count(reply.usage.prompt), _count(reply.usage.completion)
    facts = [say("{sent} + {replied} tokens", sent=sent, replied=got), wording.dollars(reply.cost)]
    facts += [figures.duration(reply.seconds)]
    return facts if reply.finish == "stop" else [*facts, say("finish: {reason}", reason=reply.finish)]


def _ask(setting: Setting, said: str) -> None:
    """Sends a message and draws its reply as it comes; what fails can be sent again."""
    request = setting.request(said)
    with st.chat_message("user"):
        plain.block(said, "said")
    try:
        _check(setting.room(request))
        completion = _replied(setting, request)
    except PromptsweepError as error:
        st.session_state[_FAILED] = said, str(error)
    else:
        st.session_state.pop(_FAILED, None)
        conversation.turns().append(Turn(said, completion, setting.reference, setting.system))
    st.rerun()


def _replied(setting: Setting, request: Request) -> Completion:
    pieces: list[str] = []
    with st.chat_message("assistant"):
        text, clock, drawn = st.empty(), st.empty(), 0

    def look(seconds: float) -> None:
        nonlocal drawn
        if len(pieces) > drawn:
            drawn = len(pieces)
            with text.container():
                plain.block("".join(pieces)[: plain.MOST_SHOWN], "growing")
        clock.caption(say("{seconds} s", seconds=f"{seconds:.0f}"))

    store = source.store(create=True)
    return working.waited(chatting.reply(setting.model, request, setting.limits, pieces.append, store), look)


def _check(room: Room) -> None:
    """Raises ConfigError that says how much too long it is."""
    if room.excess:
        about = "" if room.exact else "about "
        raise ConfigError(
            f"it is {about}{room.excess:,} tokens too long: {room.prompt:,} of instructions, file and "
            f"conversation, and {room.reply:,} kept for the reply, where {room.window:,} is the most"
        )


def _failed() -> None:
    """Draws the message that got no reply, and why."""
    if _FAILED not in st.session_state:
        return
    said, why = st.session_state[_FAILED]
    with st.chat_message("user"):
        plain.block(said, "said")
    asking.problem(say("There is no reply to this"), why)
    with st.container(horizontal=True):
        st.button(say("Send again"), icon=":material/refresh:", on_click=_again, args=(said,))
        st.button(say("Drop it"), icon=":material/close:", on_click=_again, args=(None,))


def _again(said: str | None) -> None:
    st.session_state.pop(_FAILED, None)
    if said is not None:
        st.session_state[_AGAIN] = said


def _foot(setting: Setting | None) -> None:
    """How full the window is, and the way to a new conversation."""
    if setting is not None:
        room = setting.room(setting.request(""))
        st.caption(_filled(room))
    going_on = bool(conversation.turns()) or _FAILED in st.session_state
    label, icon = say("Clear the conversation"), ":material/delete_sweep:"
    st.button(label, icon=icon, on_click=_clear, disabled=not going_on)
    if setting is not None and not going_on:
        asking.notice(setting.model)


def _filled(room: Room) -> str:
    count = f"{room.prompt:,}" if room.exact else say("about {count}", count=f"{room.prompt:,}")
    if room.window is None:
        return say("The next message adds to {count} tokens.", count=count)
    return say("The next message adds to {count} of {most} tokens.", count=count, most=f"{room.window:,}")


def _clear() -> None:
    conversation.clear()
    _again(None)


def _count(tokens: int | None) -> str:
    return "?" if tokens is None else f"{tokens:,}"
