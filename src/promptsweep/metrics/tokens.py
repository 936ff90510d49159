"""Words, characters and sentences of any script: what the text metrics count."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, TypeAlias

from promptsweep.errors import MissingExtraError
from promptsweep.types import nfc

Tokenizer: TypeAlias = Literal["words", "chars", "morphemes"]

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


def morphemes(text: str) -> list[str]:
    """Korean words taken apart into stems, particles and endings, lower-case, without punctuation.

    Raises MissingExtraError without the extra `ko`.
    """
    forms = (token.form.lower() for token in _kiwi().tokenize(nfc(text)))
    return [form for form in forms if words(form)]


TOKENIZERS: Mapping[Tokenizer, Callable[[str], list[str]]] = {
    "words": words,
    "chars": chars,
    "morphemes": morphemes,
}


def tokenize(text: str, tokenizer: Tokenizer) -> list[str]:
    """The text's tokens by the tokenizer of that name."""
    return TOKENIZERS[tokenizer](text)


def signed(tokenizer: Tokenizer) -> str:
    """A tokenizer in a metric's signature: `tok:unicode-words`; with its versions where it is a package's.

    Raises MissingExtraError as `morphemes` does, so before anything is scored.
    """
    if tokenizer != "morphemes":
        return f"tok:unicode-{tokenizer}"
    try:
        return f"tok:kiwi-morphemes:{version('kiwipiepy')}|model:{version('kiwipiepy_model')}"
    except PackageNotFoundError:
        raise MissingExtraError("the tokenizer morphemes", "ko") from None


@cache
def _kiwi() -> Any:
    signed("morphemes")
    from kiwipiepy import Kiwi

    return Kiwi(num_workers=1)


def sentences(text: str) -> list[str]:
    """The lines of the text, or its sentences where it has one line only."""
    lines = text.split("\n") if "\n" in text else _SENTENCE_END.split(text)
    return [line for line in lines if line]


def normalised(text: str, *, articles: bool = True) -> str:
    """SQuAD's normal form: lower case, no punctuation, single spaces, and no English articles if False."""
    bare = nfc(text).lower().translate(_NO_PUNCTUATION)
    return " ".join((bare if articles else _ARTICLES.sub(" ", bare)).split())
