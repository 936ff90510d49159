"""Token counts."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.models.tokens import count, estimate, vocabulary


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-4o-mini", "o200k_base"),
        ("openai/gpt-4.1", "o200k_base"),
        ("ft:gpt-4o-mini:acme", "o200k_base"),
        ("o3-mini", "o200k_base"),
        ("gpt-5", "o200k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("llama-3.3-70b", None),
        ("gemini-2.5-pro", None),
    ],
)
def test_the_vocabulary_is_known_by_the_models_name(model, name):
    assert vocabulary(model) == name


def test_counts_are_exact_where_the_vocabulary_is_known():
    assert count("The quick brown fox jumps over the lazy dog.", "gpt-4o") == 10
    assert count("", "gpt-4o") == 0
    assert count("tiktoken is great!", "gpt-4") == 6


def test_a_text_of_any_length_is_counted():
    assert count("word " * 400_000, "gpt-4o") == pytest.approx(400_000, rel=0.001)


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("abcd", 1), ("abcde", 2), ("안녕하세요", 5), ("漢字 ab", 3)]
)
def test_the_estimate_is_a_token_a_syllable_or_four_letters(text, tokens):
    assert estimate(text) == tokens


@given(st.text(max_size=200), st.text(max_size=200))
def test_an_estimate_never_shrinks_when_text_is_added(text, more):
    assert estimate(text) <= estimate(text + more) <= estimate(text) + estimate(more)


def test_counting_loads_no_vocabulary_until_it_is_needed():
    code = "import sys; from promptsweep.models.tokens import count; count('a', 'llama')"
    code += "; assert 'bpe_openai' not in sys.modules"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
