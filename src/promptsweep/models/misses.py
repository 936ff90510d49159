"""Why a recording has no reply for a prompt: the recorded prompt most like it, and where they part."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from difflib import SequenceMatcher

from promptsweep.models.recording import Recording
from promptsweep.types import Message

SHORTLIST = 5
"""Prompts compared in full, of those that begin and end most alike."""
COMPARED = 4000
"""Characters of each that are compared in full."""
SHOWN = 30
"""Characters shown before and after the point where two prompts part."""
HERE = "▸"


def nearest(messages: Sequence[Message], recording: Recording) -> str:
    """One line: the nearest recorded prompt, and `▸` where it first differs."""
    asked = flat(messages)
    shortlist = heapq.nlargest(
        SHORTLIST, recording.prompts(), key=lambda prompt: _outer_overlap(asked, flat(prompt[1]))
    )
    line, recorded = max(shortlist, key=lambda prompt: _similarity(asked, flat(prompt[1])))
    return f"The nearest is in line {line}; {_difference(messages, recorded)}"


def flat(messages: Sequence[Message]) -> str:
    """Messages as one text."""
    return "\n".join(f"{message.role}: {message.content}" for message in messages)


def _outer_overlap(one: str, other: str) -> int:
    """Characters that two texts share at their beginning and at their end."""
    return common_start(one, other) + common_start(one[::-1], other[::-1])


def common_start(one: str, other: str) -> int:
    """Characters that two texts have in common from their beginning, found by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low


def _similarity(one: str, other: str) -> float:
    start = max(0, common_start(one, other) - COMPARED // 2)
    end = start + COMPARED
    return SequenceMatcher(None, one[start:end], other[start:end], autojunk=False).quick_ratio()


def _difference(asked: Sequence[Message], recorded: Sequence[Message]) -> str:
    for number, (ours, theirs) in enumerate(zip(asked, recorded, strict=False), start=1):
        if ours.role != theirs.role:
            return f"message {number} is of the {theirs.role} there, of the {ours.role} here"
        if ours.content != theirs.content:
            place = common_start(ours.content, theirs.content)
            line = ours.content.count("\n", 0, place) + 1
            column = place - ours.content.rfind("\n", 0, place)
            return (
                f"message {number} ({ours.role}) differs from line {line}, column {column}: "
                f"asked {_around(ours.content, place)}, recorded {_around(theirs.content, place)}"
            )
    return f"it has {len(recorded)} messages, this one {len(asked)}"


def _around(text: str, place: int) -> str:
    before, after = text[max(0, place - SHOWN) : place], text[place : place + SHOWN]
    return repr(before + HERE + after)
