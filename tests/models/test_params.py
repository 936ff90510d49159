"""Sampling parameters."""

from __future__ import annotations

import re

import pytest

from promptsweep.errors import ConfigError
from promptsweep.models.params import check, translate


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0),
        ("temperature", 2.0),
        ("top_p", 0.5),
        ("max_tokens", 1),
        ("stop", "\n"),
        ("stop", ["a", "b"]),
        ("seed", 0),
        ("reasoning_effort", "low"),
        ("response_format", {"type": "json_schema", "json_schema": {}}),
        ("frequency_penalty", -2),
        ("presence_penalty", 2),
        ("logprobs", True),
        ("top_logprobs", 20),
        ("extra", {"top_k": 40}),
    ],
)
def test_possible_values_pass(name, value):
    check({name: value})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("temperature", -1, "temperature must be a number from 0 to 2, not -1"),
        ("temperature", "hot", "not 'hot'"),
        ("temperature", True, "not True"),
        ("temperature", float("nan"), "not nan"),
        ("top_p", 1.5, "a number from 0 to 1"),
        ("max_tokens", 0, "a whole number from 1 up, not 0"),
        ("max_tokens", 2.5, "not 2.5"),
        ("stop", 5, "a text or a list of texts"),
        ("stop", [], "a text or a list of texts"),
        ("stop", ["a", 1], "a text or a list of texts"),
        ("seed", -1, "a whole number from 0"),
        ("reasoning_effort", "huge", "one of none, minimal"),
        ("response_format", {"type": "xml"}, "one of text, json_object, json_schema"),
        ("logprobs", 1, "true or false"),
        ("extra", {"stream": True}, "without model, messages, stream, n"),
        ("n", 3, "use `repeats`"),
        ("temprature", 0, "unknown parameter 'temprature'. Did you mean 'temperature'?"),
    ],
)
def test_impossible_values_and_unknown_names_are_explained(name, value, says):
    with pytest.raises(ConfigError, match=re.escape(says)):
        check({name: value})


def test_a_refused_parameter_names_the_model_and_the_way_out():
    with pytest.raises(ConfigError, match=r"o3 does not take 'temperature' \(a field under `extra`"):
        check({"temperature": 0}, ["temperature"], "o3")


def test_extra_fields_stand_beside_the_renamed_ones():
    given = {"max_tokens": 5, "seed": 1, "extra": {"top_k": 2}}

    assert translate(given, {"seed": "random_seed"}) == {"max_tokens": 5, "random_seed": 1, "top_k": 2}
