"""Text that others wrote (models, data, names) is shown as the text it is, never as Markdown or HTML."""

from __future__ import annotations

import json
import re

import streamlit as st

from promptsweep.dashboard.words import say
from promptsweep.types import JSON

MOST_SHOWN = 20_000
"""Characters of one text on a page; the rest is in its download."""
MOST_IN_CELL = 300
"""Characters of one text in a table."""

_CONTROLS = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t"} | {0x7F: "␡"}
_DIRECTIONS = {
    code: f"⟨U+{code:04X}⟩"
    for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
_VISIBLE = _CONTROLS | _DIRECTIONS


def visible(text: str) -> str:
    """The text with its control characters (ANSI escapes, NUL) and direction marks made visible."""
    return text.translate(_VISIBLE)


def line(text: str) -> str:
    """The text on one line, its line breaks as `↵`: for the options of a select box."""
    return visible(text).replace("\n", "↵").replace("\t", " ")


def cell(text: str) -> str:
    """Like `line`, at most `MOST_IN_CELL` characters of it: for tables and charts."""
    shown = line(text[: MOST_IN_CELL + 1])
    return shown if len(text) <= MOST_IN_CELL else shown[: MOST_IN_CELL - 1] + "…"


def literal(text: str) -> str:
    """The text as a Markdown code span: the place in a heading or a label where nothing is interpreted."""
    shown = cell(text).strip() or "–"
    fence = "`" * (1 + max(map(len, re.findall(r"`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}"


def inline(text: str) -> str:
    """The text for a heading: as it is where it is only words, else a code span."""
    return text.replace("_", "\\_") if re.fullmatch(r"[\w -]+", text) else literal(text)


def json_text(value: JSON) -> str:
    """JSON over several lines, for reading."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def labelled(label: str, text: str | None, name: str | None = None) -> None:
    """Draws a block under a label of ours; a dash where there is no text. `name` tells equal labels apart."""
    with st.container(gap="xxsmall"):
        st.caption(label)
        if text is None:
            st.text("–")
        else:
            block(text, name or label)


def block(text: str, name: str = "text") -> None:
    """Draws the text with its line breaks; a very long one in part, the whole to download (`name`.txt)."""
    shown = visible(text[:MOST_SHOWN])
    st.code(f"\n{shown}\n", language=None, wrap_lines=True)  # st.code drops one line break at each end
    if len(text) > MOST_SHOWN:
        st.download_button(
            say(
                "The first {shown} of {all} characters are shown: download all",
                shown=f"{MOST_SHOWN:,}",
                all=f"{len(text):,}",
            ),
            text,
            file_name=f"{name}.txt",
            key=f"download-{name}",
            icon=":material/download:",
            type="tertiary",
        )
