"""Reads a JSON object or array from a reply, and counts what had to be mended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from promptsweep.types import JSON

_MARK = re.compile(r'\\.|["\n{}\[\]]', re.DOTALL)
_FENCE = re.compile(r"```\w*")
_STRING_OR_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|,(?=\s*+[}\]])', re.DOTALL)
_OPENER = {"}": "{", "]": "["}
_CUTS = 4  # how many of the braces that are never closed may be tried as the beginning of a cut value
_EFFORT = 3  # how often, on average, a character of the text may be tried as part of a candidate


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """A JSON value found in a text."""

    value: JSON
    repairs: int
    """What was mended: 1 for a code fence, 1 for prose around, 1 for each trailing comma."""

    @property
    def strict(self) -> bool:
        """True where the whole text was valid JSON as it stood."""
        return self.repairs == 0


def json_value(text: str) -> JsonAnswer | None:
    """The last balanced JSON object or array in the text that can be read; None where there is none.

    Scalars do not count, nor do NaN and infinite numbers, nor what is whole within a value that was cut off.
    The time is linear in the length of the text.
    """
    whole = _load(text)
    if whole is not None:
        return JsonAnswer(whole, 0)
    budget = _EFFORT * len(text)
    spans, unclosed = _balanced(text)
    cut = next((start for start in unclosed[:_CUTS] if spans and _is_cut(text[start:])), len(text))
    for start, end in _from_the_last(spans):
        budget -= end - start
        if budget < 0:
            break
        if start > cut:
            continue
        value, commas = _mended(text[start:end])
        if value is not None:
            return JsonAnswer(value, commas + _wrapping(text[:start] + text[end:]))
    return None


def canonical_json(value: JSON) -> str:
    """The one way to write a JSON value: keys sorted, no spaces, nothing escaped that need not be."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _load(text: str) -> JSON:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict | list) else None


def _mended(text: str) -> tuple[JSON, int]:
    value = _load(text)
    if value is not None:
        return value, 0
    without = _STRING_OR_TRAILING_COMMA.sub(lambda match: match.group(1) or "", text)
    return _load(without), len(text) - len(without)


def _wrapping(outside: str) -> int:
    """How many kinds of wrapping the text around the value holds: fences, prose."""
    prose = _FENCE.sub("", outside).strip(" \t\r\n`")
    return ("```" in outside) + bool(prose)


def _is_cut(text: str) -> bool:
    """Whether a text is the beginning of a JSON value, and not all of it: a reply at its token limit."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return error.pos >= len(text)
    return False


def _balanced(text: str) -> tuple[list[tuple[int, int]], list[int]]:
    """Spans (start, end) of all balanced braces and brackets, in order of their ends, in one pass.

    And where those stand that are never closed.
    """
    spans: list[tuple[int, int]] = []
    open_at: list[tuple[str, int]] = []
    waiting = {"{": 0, "[": 0}
    in_string = False
    for match in _MARK.finditer(text):
        mark = match.group()
        if mark == '"':
            in_string = bool(open_at) and not in_string
        elif mark == "\n":
            in_string = False
        elif in_string or len(mark) > 1:
            continue
        elif mark in waiting:
            open_at.append((mark, match.start()))
            waiting[mark] += 1
        elif waiting[_OPENER[mark]]:
            spans.append((_close(mark, open_at, waiting), match.end()))
    return spans, [start for _, start in open_at]


def _close(mark: str, open_at: list[tuple[str, int]], waiting: dict[str, int]) -> int:
    """Takes the nearest opener that fits from the stack, with all misfits above it; where it stood."""
    while True:
        opener, start = open_at.pop()
        waiting[opener] -= 1
        if opener == _OPENER[mark]:
            return start


def _from_the_last(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The outermost spans from the last to the first, then those within them."""
    inner = []
    edge = None
    for start, end in reversed(spans):
        if edge is None or end <= edge:
            edge = start
            yield start, end
        else:
            inner.append((start, end))
    yield from inner
