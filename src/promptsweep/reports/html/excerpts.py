"""Texts of models and datasets as a page shows them: what cannot be seen written out, long ones cut."""

from __future__ import annotations

import re
from typing import NamedTuple

from promptsweep.words import visible

_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


class Excerpt(NamedTuple):
    """A text, whole or with its middle left out; the end stays, as answers stand there."""

    head: str
    tail: str
    """Empty where all is shown."""
    length: int
    """Characters of the whole text."""
    left_out: int
    """Characters between head and tail."""


class Allowance:
    """How many characters the texts of one sample may still take, so that no file gets too large to send."""

    def __init__(self, characters: int, each: int):
        self._left, self._each = characters, each

    def take(self, text: str) -> Excerpt:
        """As much of a text as there is room for."""
        room = min(self._each, self._left)
        if len(text) <= room:
            self._left -= len(text)
            return Excerpt(visible(text), "", len(text), 0)
        self._left -= room
        tail = room // 3
        head = room - tail
        return Excerpt(visible(text[:head]), visible(text[len(text) - tail :]), len(text), len(text) - room)


def tongue(text: str) -> str:
    """The language to mark a text with, so that it gets the right letters and voice: `ko`, or unknown."""
    return "ko" if _HANGUL.search(text) else ""
