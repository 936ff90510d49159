"""What a judge decided: a score from 1 to 5, or which of two answers is better. The last such line counts."""

from __future__ import annotations

import re
from typing import NamedTuple

from promptsweep.types import nfc

_OPEN, _GAP = r"""^[ \t>#*_`"'(\[-]*+""", r"""[ \t*_`"'(\[]*+"""
_FLAGS = re.IGNORECASE | re.MULTILINE
_SCORE = re.compile(
    rf"{_OPEN}(?:(?:final|overall)\s+)?(?:score|rating|점수|평점){_GAP}[:：]{_GAP}"
    r"([1-5])(?:\s*+/\s*+5)?(?![\d/]|\s*+/|[.,]\d|\s*+[-–~]\s*+\d)",
    _FLAGS,
)
_BETTER = re.compile(
    rf"{_OPEN}(?:final\s+)?(?:verdict|판정){_GAP}[:：]{_GAP}"
    r"(?:(?:answer|response|답변)\s*+)?(a|b|tie|무승부|동점)(?![a-z])(?!\s*+(?:/|or\b|또는))",
    _FLAGS,
)


class Verdict(NamedTuple):
    """What was decided, and why."""

    value: int
    """A score from 1 to 5; or 1 for the first answer, −1 for the second, 0 for a tie."""
    reason: str
    """The text before it."""


def rating(text: str) -> Verdict | None:
    r"""The score in a judge's reply; None where there is none from 1 to 5.

    >>> rating("Clear, but a step is missing.\nScore: 4")
    Verdict(value=4, reason='Clear, but a step is missing.')
    """
    found = _last(_SCORE, text)
    return None if found is None else Verdict(int(found[1]), _before(found))


def preference(text: str) -> Verdict | None:
    """The better of two answers in a judge's reply; None where it names none and no tie."""
    found = _last(_BETTER, text)
    if found is None:
        return None
    return Verdict({"a": 1, "b": -1}.get(found[1].lower(), 0), _before(found))


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(nfc(text)):  # noqa: B007  only the last one counts
        pass
    return found


def _before(found: re.Match[str]) -> str:
    return found.string[: found.start()].strip()
