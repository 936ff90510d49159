"""Counts tokens before anything is sent."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bpe_openai import Encoding

VOCABULARIES = (
    (re.compile(r"gpt-4o|gpt-4\.[15]|gpt-5|chatgpt-4o|gpt-oss|o[1-9]"), "o200k_base"),
    (re.compile(r"gpt-4|gpt-3\.5|gpt-35"), "cl100k_base"),
)
"""Beginnings of model names, and the vocabulary of each."""

PIECE = 100_000
"""Characters counted at once; the tokenizer refuses texts of a million."""

_WIDE = re.compile("[ᄀ-ᇿ⺀-鿿가-힣豈-﫿＀-￯]")


def count(text: str, model: str) -> int:
    """Tokens of a text: exact for OpenAI's vocabularies, else `estimate`."""
    encoding = _encoding(vocabulary(model))
    if encoding is None:
        return estimate(text)
    pieces = (text[start : start + PIECE] for start in range(0, len(text), PIECE))
    return sum(len(encoding.encode_ordinary(piece)) for piece in pieces)


def estimate(text: str) -> int:
    """One token for a Hangul, Chinese or Japanese character, one for every 4 other characters.

    Measured with OpenAI's vocabularies on review sentences and articles: English has 4.1 to 5.5 characters
    a token, Korean 0.8 (o200k) to 1.5 (cl100k) tokens a syllable.
    """
    wide = len(_WIDE.findall(text))
    return wide + math.ceil((len(text) - wide) / 4)


def vocabulary(model: str) -> str | None:
    """The name of a model's vocabulary, None where it is unknown: `openai/gpt-4o` has `o200k_base`."""
    name = model.rpartition("/")[2].removeprefix("ft:")
    return next((known for begins, known in VOCABULARIES if begins.match(name)), None)


@cache
def _encoding(name: str | None) -> Encoding | None:
    if name is None:
        return None
    import bpe_openai

    return bpe_openai.get_encoding(name)
