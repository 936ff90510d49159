"""The interface's words in the visitor's language."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from promptsweep import words
from promptsweep.dashboard import address
from promptsweep.words import LANGUAGES, speaking

P = ParamSpec("P")


def spoken(function: Callable[P, str]) -> Callable[P, str]:
    """`function`, with what it says in the visitor's language."""

    @wraps(function)
    def in_the_visitors_language(*args: P.args, **kwargs: P.kwargs) -> str:
        with speaking(language()):
            return function(*args, **kwargs)

    return in_the_visitors_language


def language() -> str:
    """The language that the URL names, else the usual one."""
    named = address.get("lang")
    return named if named is not None and named in LANGUAGES else usual()


def usual() -> str:
    """The browser's language where it is one of ours, else English."""
    tongue = (st.context.locale or "").partition("-")[0]
    return tongue if tongue in LANGUAGES else next(iter(LANGUAGES))


say = spoken(words.say)
"""Where the result is drawn as Markdown, values that others wrote go through `plain.literal` first."""
