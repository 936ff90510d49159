"""Any text as Markdown that shows just that text: model output must not become markup or mentions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_CODE = str.maketrans({mark: f"&#{ord(mark)};" for mark in "&<>|`*_[]\\~#@$"})
_LABEL = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {mark: f"\\{mark}" for mark in "|`*[]\\~#$"}
)
_OUTER_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)")


def label(text: str) -> str:
    """A name of ours or the user's (arm, metric, file) as Markdown, on one line."""
    return _OUTER_UNDERSCORE.sub(r"\\_", _one_line(text).translate(_LABEL))


def literal(text: str, width: int = 120) -> str:
    """A text of a model or a dataset as code, on one line, at most `width` characters of it.

    In code, hosts of pull requests turn neither `@name` into a mention nor `#1` into a link.
    """
    line = _one_line(text)
    shown = line if len(line) <= width else line[: width - 1] + "…"
    return f"<code>{_unlinked(shown.translate(_CODE))}</code>" if shown else ""


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()
) -> list[str]:
    """The lines of a Markdown table whose cells are Markdown already; columns `right` are aligned right."""
    rule = ["---:" if place in right else "---" for place in range(len(header))]
    return [f"| {' | '.join(cells)} |" for cells in (header, rule, *rows)]


def _unlinked(text: str) -> str:
    """Addresses stay text too: Markdown makes links of them even within HTML."""
    return text.replace("://", "&#58;//").replace("www.", "www&#46;")


def _one_line(text: str) -> str:
    """White space, and characters that cannot be seen (some turn the writing around), as single spaces."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
