"""Text that others wrote stays text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.dashboard import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("\x1b[31mred", "␛[31mred"),
        ("a\x00b\x7f\r", "a␀b␡␍"),
        ("abc\u202edef\u2066", "abc⟨U+202E⟩def⟨U+2066⟩"),
        ("안녕 é 👋🏽", "안녕 é 👋🏽"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text, shown):
    assert plain.visible(text) == shown


def test_a_cell_is_one_short_line():
    assert plain.cell("one\ntwo\tthree") == "one↵two three"
    assert plain.cell("x" * 300) == "x" * 300
    assert plain.cell("x" * 10_000) == "x" * 299 + "…"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("reviews_en", r"reviews\_en"),
        ("한국어 2", "한국어 2"),
        ("**bold**", "`**bold**`"),
        (":material/home:", "`:material/home:`"),
        ("www.example.org", "`www.example.org`"),
        ("`code`", "`` `code` ``"),
        ("", "`–`"),
    ],
)
def test_only_words_are_written_into_a_heading_as_they_are(text, markdown):
    assert plain.inline(text) == markdown


@given(st.text())
def test_a_code_span_cannot_be_left_from_within(text):
    span = plain.literal(text)
    fence = re.match(r"`+", span)[0]

    assert "\n" not in span
    assert span.endswith(fence)
    assert len(fence) not in [len(run) for run in re.findall(r"`+", span[len(fence) : -len(fence)])]


def test_json_is_readable_and_keeps_every_language():
    assert plain.json_text({"감정": ["긍정"]}) == '{\n  "감정": [\n    "긍정"\n  ]\n}'
