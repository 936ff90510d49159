"""The interface's words: English in the code, other languages in one catalogue beside it.

Every text of ours on a page goes through `say`, as a literal, so that a test can hold code and catalogue
together. What users and models wrote never does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from promptsweep.dashboard import address

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "ko": "한국어"}
"""Languages of the interface, each by its own name; the first is the one the code is written in."""


def say(text: str, **values: Any) -> str:
    """`text` in the visitor's language, with `values` in place of its `{names}`.

    Where the result is drawn as Markdown, values that others wrote go through `plain.literal` first.
    """
    said = catalogue(language()).get(text, text)
    return said.format(**values) if values else said


def language() -> str:
    """The language that the URL names, else the usual one."""
    named = address.get("lang")
    return named if named is not None and named in LANGUAGES else usual()


def usual() -> str:
    """The browser's language where it is one of ours, else English."""
    spoken = (st.context.locale or "").partition("-")[0]
    return spoken if spoken in LANGUAGES else next(iter(LANGUAGES))


@cache
def catalogue(name: str) -> Mapping[str, str]:
    """English text → the text in a language: all tables of `languages/<name>.toml`, one for each page."""
    path = Path(__file__).with_name("languages") / f"{name}.toml"
    if not path.is_file():
        return {}
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {english: said for table in tables.values() for english, said in table.items()}
