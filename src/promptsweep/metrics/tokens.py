"""Words, characters and sentences of any script: what the text metrics count."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from typing import Literal, TypeAlias

from promptsweep.types import nfc

Tokenizer: TypeAlias = Literal["words", "chars"]

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+")


class _Translation(dict[int, str | int | None]):
    """A table for `str.translate`, filled for each character on its first use."""

    def __init__(self, translate: Callable[[str], str | int | None]):
        super().__init__()
        self._translate = translate

    def __missing__(self, code: int) -> str | int | None:
        self[code] = self._translate(chr(code))
        return self[code]


def _only_words(character: str) -> str | int | None:
    """Letters, marks and digits stay; everything else becomes a space."""
    return ord(character) if unicodedata.category(character)[0] in "LMN" else " "


def _no_punctuation(character: str) -> str | int | None:
    """Punctuation of any script goes, and what ASCII counts as such; everything else stays."""
    gone = character in string.punctuation or unicodedata.category(character)[0] == "P"
    return None if gone else ord(character)


_ONLY_WORDS = _Translation(_only_words)
_NO_PUNCTUATION = _Translation(_no_punctuation)


def words(text: str) -> list[str]:
    """Lower-case runs of letters, marks and digits; on ASCII text what the `rouge-score` package finds."""
    return nfc(text).lower().translate(_ONLY_WORDS).split()


def chars(text: str) -> list[str]:
    """The characters of the words, one by one: fair to scripts that write words together."""
    return list("".join(words(text)))


def tokenize(text: str, tokenizer: Tokenizer) -> list[str]:
    """The text's tokens by the tokenizer of that name."""
    return words(text) if tokenizer == "words" else chars(text)


def sentences(text: str) -> list[str]:
    """The lines of the text, or its sentences where it has one line only."""
    lines = text.split("\n") if "\n" in text else _SENTENCE_END.split(text)
    return [line for line in lines if line]


def normalised(text: str, *, articles: bool = True) -> str:
    """SQuAD's normal form: lower case, no punctuation, single spaces, and no English articles if False."""
    bare = nfc(text).lower().translate(_NO_PUNCTUATION)
    return " ".join((bare if articles else _ARTICLES.sub(" ", bare)).split())
