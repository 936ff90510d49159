"""Why a recording has no reply: the recorded request most like the one asked for, and where they part."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

import orjson

from promptsweep.models.recording import Recording
from promptsweep.types import Message, Request
from promptsweep.urls import shown

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


def nearest_request(asked: Request, recorded: Iterable[tuple[int, Request]]) -> str:
    """One line: the nearest of the recorded requests (with their line numbers), and all that differs."""
    text = flat(asked.messages)

    def likeness(one: tuple[int, Request]) -> tuple[int, int]:
        return _outer_overlap(text, flat(one[1].messages)), -len(_other_settings(asked, one[1]))

    shortlist = heapq.nlargest(SHORTLIST, recorded, key=likeness)
    if not shortlist:
        return "Nothing is recorded"
    alike = {line: _similarity(text, flat(one.messages)) for line, one in shortlist}
    line, found = max(shortlist, key=lambda one: (alike[one[0]], likeness(one)[1]))
    parts = _other_settings(asked, found)
    if found.messages != asked.messages:
        parts.append(_difference(asked.messages, found.messages))
    return f"The nearest is in line {line}; {'; '.join(parts)}"


def _other_settings(asked: Request, recorded: Request) -> list[str]:
    """What two requests do not share besides messages: `temperature 0 recorded, 0.7 asked for`."""
    ours, theirs = _settings(asked), _settings(recorded)
    return [
        f"{name} {shown(theirs.get(name, 'not'))} recorded, {shown(ours.get(name, 'not'))} asked for"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    ]


def _settings(request: Request) -> dict[str, str]:
    params = {name: orjson.dumps(value).decode() for name, value in request.params.items()}
    return params | {"model": request.model, "base_url": request.base_url, "draw": str(request.draw)}


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
