"""The parser of a task: from a reply to the canonical text of its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import orjson

from promptsweep.answers.jsons import canonical_json, json_value
from promptsweep.answers.labels import label
from promptsweep.answers.numbers import canonical_number, number
from promptsweep.answers.texts import by_patterns, final_text
from promptsweep.errors import ConfigError
from promptsweep.types import JSON, Sample, Task

Parser: TypeAlias = Callable[[str, Sample], str | None]
"""Reads the answer to a sample from a reply; None where the reply holds none. Never raises."""


def parser(task: Task, labels: Sequence[str] = (), patterns: Sequence[str] = ()) -> Parser:
    """How answers of a task are read.

    classification: one of the sample's `choices` (a list, or a mapping of letter to text), else of
    `labels`; math: a decimal number without exponent; extraction: JSON with sorted keys; qa: the final
    answer; summarisation and open: the whole reply. Regular expressions in `patterns` go before all of it:
    the last match of the first that matches is the answer as it stands.
    """
    if patterns:
        _check(patterns)
        return lambda reply, _sample: by_patterns(reply, patterns)
    if task == "classification":
        return lambda reply, sample: _choice(reply, sample.fields.get("choices"), tuple(labels))
    read = _READERS[task]
    return lambda reply, _sample: read(reply)


def _check(patterns: Sequence[str]) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ConfigError(f"bad answer pattern {pattern!r}: {error}") from None


def _choice(reply: str, choices: JSON, labels: Sequence[str]) -> str | None:
    """The label that the reply gives; of choices with letters also the letter whose text it gives."""
    if not (isinstance(choices, Mapping) and choices):
        own = isinstance(choices, list | tuple) and bool(choices)
        return label(reply, tuple(map(str, choices)) if own else labels)
    letters = {str(letter): str(text) for letter, text in choices.items()}
    found = label(reply, tuple(letters))
    if found is not None:
        return found
    by_text = {text: letter for letter, text in letters.items()}
    text = label(reply, tuple(by_text))
    return None if text is None else by_text.get(text)


def _number(reply: str) -> str | None:
    value = number(reply)
    return None if value is None else canonical_number(value)


def _json(reply: str) -> str | None:
    found = json_value(reply)
    try:
        return None if found is None else canonical_json(found.value)
    except orjson.JSONEncodeError:  # nested too deeply to be written
        return None


def _whole(reply: str) -> str | None:
    return reply.strip() or None


_READERS: Mapping[Task, Callable[[str], str | None]] = {
    "math": _number,
    "extraction": _json,
    "qa": final_text,
    "summarisation": _whole,
    "open": _whole,
}
