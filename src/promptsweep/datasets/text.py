"""How values become text: one rule for labels in a card and for cells in a row."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from promptsweep.types import JSON, nfc


def text_of(value: JSON) -> str:
    """A JSON value as the text a model is to write: `3` → "3", `3.0` → "3.0", `true` → "true", null → "".

    Lists and objects become JSON text with sorted keys.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def targets_of(value: JSON) -> tuple[str, ...]:
    """Every accepted answer in a row's target; a list holds several, null and "" none."""
    if isinstance(value, str):
        return (value,) if value else ()
    accepted = value if isinstance(value, list) else [value]
    return tuple(text for text in map(text_of, accepted) if text)


def normalised(text: str) -> str:
    """The form in which two inputs count as the same: NFC, case folded, runs of white space as one space."""
    return " ".join(nfc(text).casefold().split())


def matches(row: Mapping[str, JSON], where: Mapping[str, JSON]) -> bool:
    """Whether the row has each of these values, compared as text (a CSV knows no numbers)."""
    return all(name in row and text_of(row[name]) == text_of(value) for name, value in where.items())
