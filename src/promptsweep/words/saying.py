"""Saying a text in the language that is being spoken.

Every text of ours on a page goes through `say`, as a literal, so that a test can hold code and catalogue
together. What users and models wrote never does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from promptsweep.errors import ConfigError, unknown
from promptsweep.words.catalogue import LANGUAGES, catalogue

_spoken: ContextVar[str] = ContextVar("language", default="en")


def say(text: str, **values: Any) -> str:
    """`text` in the language of `speaking`, English outside it, with `values` in place of its `{names}`.

    Where the result is drawn as Markdown, values that others wrote are escaped first.
    """
    said = catalogue(_spoken.get()).get(text, text)
    return said.format(**values) if values else said


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within it `say` speaks a language, in this thread or task. ConfigError for one that is not ours."""
    if language not in LANGUAGES:
        raise ConfigError(unknown("language", language, LANGUAGES))
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)
