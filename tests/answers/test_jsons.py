from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.answers import canonical_json, json_value


@pytest.mark.parametrize(
    ("reply", "value", "repairs"),
    [
        ('{"a": 1}', {"a": 1}, 0),
        (" [1, 2]\n", [1, 2], 0),
        ('```json\n{"a": 1}\n```', {"a": 1}, 1),
        ('Here it is: {"a": 1}', {"a": 1}, 1),
        ('Here:\n```json\n{"a": 1}\n```\nDone.', {"a": 1}, 2),
        ('{"a": [1, 2,], }', {"a": [1, 2]}, 2),
        ('{"a": "x,]", }', {"a": "x,]"}, 1),
        ('{"a": 1}\n{"a": 2}', {"a": 2}, 1),
        ('{"a": 1} as in [the text].', {"a": 1}, 1),
        ('Braces { open the {"a": {"b": "}"}} object', {"a": {"b": "}"}}, 1),
        ('a } b ] {"a": "\\"{"}', {"a": '"{'}, 1),
        ('{see: {"a": 1}}', {"a": 1}, 1),
        ('He said "yes" {"a": 1}', {"a": 1}, 1),
        ('Draft: {"a": 1 oops. Final: {"a": 2}', {"a": 2}, 1),
        ('{"a": 1}\n\nQ: [', {"a": 1}, 1),
    ],
)
def test_the_last_balanced_value_is_found_and_repairs_are_counted(reply, value, repairs):
    found = json_value(reply)

    assert found is not None
    assert (found.value, found.repairs, found.strict) == (value, repairs, repairs == 0)


@pytest.mark.parametrize(
    "reply", ["", "42", '"text"', "null", "{", '{"a": 1', "{'a': 1}", "[NaN]", "[the text]"]
)
def test_scalars_and_what_cannot_be_read_are_no_value(reply):
    assert json_value(reply) is None


@pytest.mark.parametrize(
    "text",
    ["{" * 100_000, "[" * 100_000, '{"a":' * 20_000 + "1" + "}" * 20_000, '{"\\"' * 25_000, "[1]{," * 20_000],
)
def test_hostile_text_is_read_in_linear_time(text):
    started = time.perf_counter()

    json_value(text)

    assert time.perf_counter() - started < 1.5


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
).filter(lambda value: isinstance(value, dict | list))


@given(VALUES)
def test_a_value_is_found_in_prose_and_written_in_one_way(value):
    found = json_value(f"Sure, here it is:\n{canonical_json(value)}\nGlad to help!")

    assert found is not None
    assert (found.value, found.repairs) == (value, 1)


@given(VALUES, st.data())
def test_what_is_whole_within_a_cut_value_is_no_value(value, data):
    text = canonical_json(value)
    cut = text[: data.draw(st.integers(1, len(text) - 1))]

    assert json_value(f"Here:\n{cut}") is None


def test_canonical_json_sorts_keys_and_keeps_unicode():
    assert canonical_json({"b": "가", "a": [1]}) == '{"a":[1],"b":"가"}'
