"""Texts cut to so many tokens, between words where that is possible."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator

Count = Callable[[str], int]
OVERLAP = 0.1
"""Part of a part that the next one begins with, so that what stands at a cut is whole in one of them."""
LONGEST = 8
"""Characters of a token, about: a text of more than so many for each token is longer."""
WORD = 100
"""Characters within which the end of a word is looked for."""


def head(text: str, size: int, count: Count) -> str:
    """The longest beginning of a text that has at most `size` tokens and does not end within a word."""
    most = min(len(text), size * LONGEST)
    at = bisect_right(range(1, most + 1), size, key=lambda end: count(text[:end]))
    if at == len(text):
        return text
    ends = [text.rfind(space, max(0, at - WORD), at + 1) for space in (" ", "\n")]
    return text[: max(ends) if max(ends) > 0 else at]


def parts(text: str, size: int, count: Count) -> list[str]:
    """A text in parts of at most `size` tokens, each of which begins with the end of the one before."""
    return list(_parts(text, size, count))


def _parts(text: str, size: int, count: Count) -> Iterator[str]:
    start = 0
    while True:
        part = head(text[start : start + size * LONGEST + 1], size, count)
        end = start + max(1, len(part))
        yield text[start:end]
        if end >= len(text):
            return
        start = _word_from(text, end - int(len(part) * OVERLAP), end)


def _word_from(text: str, start: int, end: int) -> int:
    """Where the first word after `start` begins, `start` itself where there is none before `end`."""
    found = text.find(" ", start, end)
    return start if found < 0 else found + 1
