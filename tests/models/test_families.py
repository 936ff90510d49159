"""Families of models: who must not judge whom."""

from __future__ import annotations

import pytest

from promptsweep.models.families import family


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gpt-4o-mini", "o3"),
        ("openai/gpt-4o", "chatgpt-4o-latest"),
        ("ft:gpt-4o-mini:us:1", "gpt-5"),
        ("gemini-2.0-flash", "gemma3-270m"),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama-3.1-8b"),
        ("mixtral-8x7b", "mistral-large"),
        ("house-7b", "house-70b"),
    ],
)
def test_models_of_one_vendor_are_of_one_family(one, other):
    assert family(one) == family(other)


@pytest.mark.parametrize(
    ("one", "other"), [("gpt-4o", "claude-haiku-4-5"), ("house-7b", "garden-7b"), ("123", "gpt-4o")]
)
def test_models_of_different_vendors_are_not(one, other):
    assert family(one) != family(other)
