"""Reads a free-text answer from a reply."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from promptsweep.answers.contract import contents

_CUE = re.compile(r"\bthe (?:final )?answer is\b:?", re.IGNORECASE)


def final_text(text: str) -> str | None:
    """The last contract line's content, else what follows the last "the answer is", else the whole text.

    What follows the cue ends with its line and loses its final full stop. None when nothing is left.
    """
    if answers := contents(text):
        return answers[-1]
    stripped = text.strip()
    *_, tail = _CUE.split(stripped)
    if tail == stripped or not tail.strip():
        return stripped or None
    line = tail.strip().splitlines()[0]
    return line.strip().removesuffix(".") or None


def by_patterns(text: str, patterns: Iterable[str]) -> str | None:
    """The last match of the first regular expression that matches: its group 1 where it has one.

    `^` and `$` match at every line. None where no pattern matches, or what matched is blank.
    """
    for pattern in patterns:
        matches = list(_compiled(pattern).finditer(text))
        if matches:
            last = matches[-1]
            found = last.group(1) if last.re.groups and last.group(1) is not None else last.group()
            return str(found).strip() or None
    return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)
