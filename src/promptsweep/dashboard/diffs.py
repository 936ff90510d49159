"""Differences of texts, drawn as text: what a model wrote is never Markdown or HTML here either."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import streamlit as st

from promptsweep.dashboard import plain
from promptsweep.reports.differences import Piece, word_diff

# Words that are gone are struck out and new ones underlined, so that the colours only help.
_STYLE: Final = """
p { margin: 0; padding: 0.75rem 1rem; border-radius: 0.5rem; white-space: pre-wrap; overflow-wrap: anywhere;
    font-family: var(--st-code-font); font-size: 0.875rem; line-height: 1.6; color: var(--st-text-color);
    background: var(--st-code-background-color); }
del, ins { border-radius: 0.2rem; padding: 0.1rem 0.15rem; text-decoration-thickness: 2px; }
del { background: var(--st-red-background-color); text-decoration-line: line-through; }
ins { background: var(--st-green-background-color); text-decoration-line: underline; }
"""
_SCRIPT: Final = """
const ELEMENTS = { same: "span", gone: "del", new: "ins" };

export default function ({ data, parentElement }) {
  parentElement.querySelector("p").replaceChildren(
    ...data.map(([mark, text]) => {
      const element = document.createElement(ELEMENTS[mark]);
      element.textContent = text;
      return element;
    }),
  );
}
"""


def words(one: str, other: str, key: str) -> None:
    """Draws two texts as one, word by word: struck out what only `one` has, underlined what only `other` has.

    Of long texts the beginnings are compared.
    """
    shown = (plain.visible(text[: plain.MOST_SHOWN]) for text in (one, other))
    _component()(data=_as_data(word_diff(*shown)), key=key)


def lines(diff: str) -> None:
    """Draws a unified diff; of a long one the beginning."""
    st.code(plain.visible(diff[: plain.MOST_SHOWN]), language="diff", wrap_lines=True)


def _as_data(pieces: Sequence[Piece]) -> list[list[str]]:
    return [[piece.mark.value, piece.text] for piece in pieces]


@cache
def _component() -> Any:
    return st.components.v2.component("promptsweep_words", html="<p></p>", css=_STYLE, js=_SCRIPT)
