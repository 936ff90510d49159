"""The catalogue: a file for each language but English, which is in the code."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "ko": "한국어"}
"""Languages of the interface, each by its own name; the first is the one the code is written in."""


@cache
def catalogue(name: str) -> Mapping[str, str]:
    """English text → the text in a language: all tables of `<name>.toml`, one for each page."""
    path = Path(__file__).with_name(f"{name}.toml")
    if not path.is_file():
        return {}
    import tomllib  # only where another language is spoken

    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {english: said for table in tables.values() for english, said in table.items()}
