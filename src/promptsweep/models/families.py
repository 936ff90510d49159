"""Which models are of one family: made by the same vendor, so that one judging the other may favour it."""

from __future__ import annotations

import re
from collections.abc import Mapping

_VENDORS: Mapping[str, tuple[str, ...]] = {
    "openai": ("gpt", "chatgpt", "o", "davinci", "codex"),
    "anthropic": ("claude",),
    "google": ("gemini", "gemma"),
    "meta": ("llama", "meta-llama"),
    "mistral": ("mistral", "mixtral", "ministral", "magistral", "codestral", "devstral", "pixtral"),
    "deepseek": ("deepseek",),
    "alibaba": ("qwen", "qwq"),
    "microsoft": ("phi",),
    "cohere": ("command", "c4ai"),
    "xai": ("grok",),
    "lg": ("exaone",),
    "naver": ("hyperclova", "hyperclovax", "hcx"),
    "upstage": ("solar",),
}
_FAMILIES = {name: vendor for vendor, names in _VENDORS.items() for name in names}


def family(model: str) -> str:
    """The vendor of a known model (`openai` of gpt-4o), else the first word of its name.

    `model` is its name as the endpoint knows it, so it is of its family wherever it is served.

    >>> [family(name) for name in ("gpt-4o-mini", "anthropic/claude-haiku-4-5", "house-7b")]
    ['openai', 'anthropic', 'house']
    """
    name = model.removeprefix("ft:").rsplit("/", 1)[-1].casefold()
    stem = re.match(r"[^\W\d_]+", name)
    return _FAMILIES.get(stem[0], stem[0]) if stem else name
