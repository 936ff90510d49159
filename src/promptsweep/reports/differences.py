"""What differs between two texts: word by word for answers, line by line for prompts. Pure functions."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

MOST = 1_000
"""Words between the common beginning and end of two texts up to which they are compared one by one."""

_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)


class Mark(StrEnum):
    """Where a piece of text stands."""

    SAME = "same"
    """In both texts."""
    GONE = "gone"
    """Only in the first."""
    NEW = "new"
    """Only in the second."""


class Piece(NamedTuple):
    """A stretch of text, never empty."""

    mark: Mark
    text: str


def word_diff(one: str, other: str) -> tuple[Piece, ...]:
    """The pieces that make up both texts: `first` and `second` give them back, to the character.

    Words are compared whole, white space and punctuation apart, in any script. Where the texts differ over
    more than 1,000 words, all of that stretch is gone and new.
    """
    a, b = words(one), words(other)
    start = _common(a, b)
    end = _common(a[start:][::-1], b[start:][::-1])
    middle_a, middle_b = a[start : len(a) - end], b[start : len(b) - end]
    changes = [
        ("equal", a[:start], a[:start]),
        *_changes(middle_a, middle_b),
        ("equal", a[len(a) - end :], a[len(a) - end :]),
    ]
    return tuple(_joined(_pieces(changes)))


def first(pieces: Sequence[Piece]) -> str:
    """The first text, put together again."""
    return "".join(piece.text for piece in pieces if piece.mark is not Mark.NEW)


def second(pieces: Sequence[Piece]) -> str:
    """The second text, put together again."""
    return "".join(piece.text for piece in pieces if piece.mark is not Mark.GONE)


def marked(pieces: Sequence[Piece]) -> str:
    """One line of reading for both: `Answer: [-good-]{+bad+}`."""
    forms = {Mark.SAME: "{}", Mark.GONE: "[-{}-]", Mark.NEW: "{{+{}+}}"}
    return "".join(forms[piece.mark].format(piece.text) for piece in pieces)


def line_diff(one: str, other: str, names: tuple[str, str], context: int = 3) -> str:
    """The unified diff, as `diff -u` writes it; empty where the texts are equal.

    Only a line feed ends a line. `names` stand in its head, on one line each.
    """
    a, b = one.split("\n"), other.split("\n")
    return "\n".join(difflib.unified_diff(a, b, *names, n=context, lineterm=""))


def words(text: str) -> list[str]:
    """The text cut into words, runs of white space, and signs; joined, they are the text.

    A letter keeps its combining marks, and a sign made of several (a family, a skin tone) stays one.
    """
    found: list[str] = []
    for character in text:
        if found and _continues(found[-1][-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _continues(before: str, character: str) -> bool:
    """Whether a character belongs to the one before it."""
    if before.isspace() or character.isspace():
        return before.isspace() and character.isspace()
    if unicodedata.category(character)[0] == "M" or _JOINER in (before, character):
        return True
    return ord(character) in _SKIN_TONES or (_in_word(before) and _in_word(character))


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many words both begin with."""
    return next(
        (place for place, (one, other) in enumerate(zip(a, b, strict=False)) if one != other),
        min(len(a), len(b)),
    )


def _changes(a: list[str], b: list[str]) -> list[tuple[str, list[str], list[str]]]:
    """Steps from one to the other; a single one where looking for the fewest would take too long."""
    if max(len(a), len(b)) > MOST:
        return [("replace", a, b)]
    steps = difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return [(step, a[i:j], b[k:m]) for step, i, j, k, m in steps]


def _pieces(changes: Sequence[tuple[str, list[str], list[str]]]) -> Iterator[Piece]:
    for step, a, b in changes:
        if step == "equal":
            yield Piece(Mark.SAME, "".join(a))
        else:
            yield Piece(Mark.GONE, "".join(a))
            yield Piece(Mark.NEW, "".join(b))


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Without empty pieces, and neighbours of one mark as one."""
    waiting: Piece | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if waiting is not None and waiting.mark is piece.mark:
            waiting = Piece(piece.mark, waiting.text + piece.text)
        else:
            if waiting is not None:
                yield waiting
            waiting = piece
    if waiting is not None:
        yield waiting
