"""Texts in Markdown stay texts."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from promptsweep.reports.escape import label, literal, table

EVIL = st.text(alphabet="|<>`*_[]()\\~#@$&!-.:/ \nabhtpsw안", max_size=40)


def rendered(markdown: str) -> str:
    return MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown)


def cells(page: str) -> list[str]:
    return re.findall(r"<td>(.*?)</td>", page, flags=re.DOTALL)


def plain(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


@given(st.lists(EVIL, min_size=1, max_size=3))
def test_literal_text_in_a_table_reads_as_it_was_written(texts):
    page = rendered("\n".join(table(["x"] * len(texts), [[literal(text) for text in texts]])))

    found = [cell.removeprefix("<code>").removesuffix("</code>") for cell in cells(page)]
    assert [html.unescape(cell) for cell in found] == [plain(text) for text in texts]
    assert all("<" not in cell for cell in found)


@given(EVIL)
def test_a_label_in_a_table_reads_as_it_was_written(text):
    [cell] = cells(rendered("\n".join(table(["x"], [[label(text)]]))))

    assert "<" not in cell
    assert html.unescape(cell) == plain(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("a\n\nb\u202ec\x00", "<code>a b c</code>"),
        ("x" * 200, f"<code>{'x' * 119}…</code>"),
        ("see https://a.b", "<code>see https&#58;//a.b</code>"),
    ],
)
def test_a_literal_is_one_short_line_without_links_or_hidden_characters(text, shown):
    assert literal(text) == shown


def test_a_label_of_plain_words_is_left_readable():
    assert label("few_shot(k=2), system=none") == "few_shot(k=2), system=none"
