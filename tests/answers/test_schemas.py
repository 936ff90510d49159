"""JSON Schema: what is one, what fits it, and its strict form."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.answers.schemas import misfits, normal, problem, text_of
from promptsweep.answers.strict import strict_form, without_nulls

ORDER = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "day": {"type": "string", "format": "date"},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
    },
    "required": ["name"],
    "additionalProperties": False,
    "$defs": {
        "item": {
            "type": "object",
            "properties": {"what": {"type": "string"}, "price": {"type": "number", "minimum": 0}},
            "required": ["what"],
            "additionalProperties": False,
        }
    },
}
OPEN = {"type": "object", "properties": {"a": {}}, "additionalProperties": True}


@pytest.mark.parametrize(
    ("schema", "place", "says"),
    [
        ({"type": "strin"}, ("type",), "'strin' is not valid"),
        ({"properties": {"a": {"minimum": "0"}}}, ("properties", "a", "minimum"), "properties.a.minimum"),
        ({"pattern": "("}, ("pattern",), "not a 'regex'"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, ("$schema",), "read as Draft 2020-12"),
        ({"items": {"$ref": "#/$defs/no"}}, ("items", "$ref"), "leads nowhere"),
        ({"anyOf": [{"$ref": "https://example.com/s.json"}]}, ("anyOf", 0, "$ref"), "leads nowhere"),
    ],
)
def test_what_is_no_schema_is_placed_and_explained(schema, place, says):
    found = problem(schema)

    assert found is not None
    assert found[0] == place
    assert says in found[1]


@pytest.mark.parametrize(
    "schema", [{}, ORDER, OPEN, {"$schema": "https://json-schema.org/draft/2020-12/schema"}]
)
def test_a_schema_has_no_problem(schema):
    assert problem(schema) is None


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        ({"name": "Ada", "day": "2026-02-28", "items": [{"what": "lamp", "price": 3}]}, []),
        ({"name": 3}, ["name: 3 is not of type 'string'"]),
        ({}, ["'name' is a required property"]),
        ({"name": "Ada", "day": "2026-02-30"}, ["day: '2026-02-30' is not a 'date'"]),
        (
            {"name": "Ada", "items": [{"what": "x"}, {"price": -1}]},
            [
                "items[1]: 'what' is a required property",
                "items[1].price: -1 is less than the minimum of 0",
            ],
        ),
        ([], ["[] is not of type 'object'"]),
    ],
)
def test_a_misfit_says_where_and_why(value, faults):
    assert misfits(value, ORDER) == faults


def test_korean_keys_and_values_are_compared_in_nfc():
    apart = unicodedata.normalize("NFD", "이름")
    schema = {
        "properties": {"이름": {"enum": ["김하늘"]}},
        "required": ["이름"],
        "additionalProperties": False,
    }

    assert misfits({apart: unicodedata.normalize("NFD", "김하늘")}, schema) == []
    assert misfits({"이름": "김하늘"}, {**schema, "properties": {apart: {}}, "required": [apart]}) == []
    assert "이름" in text_of(schema)


def test_what_is_nested_without_end_is_a_misfit_and_no_crash():
    deep: list = []
    for _ in range(300):
        deep = [deep]

    assert misfits(deep, {"type": "array"}) == ["nested too deeply"]
    endless = {"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}
    assert misfits({}, endless) == ["nested too deeply"]
    assert without_nulls({"x": None}, endless) == {"x": None}


def test_dates_of_yaml_become_texts():
    import datetime

    assert normal({"const": datetime.date(2026, 1, 2)}) == {"const": "2026-01-02"}


def test_the_strict_form_requires_every_key_and_allows_null_for_the_optional_ones():
    form = strict_form({**ORDER, "$schema": "x", "properties": {**ORDER["properties"], "n": {"const": 1}}})

    assert form["required"] == ["name", "day", "items", "n"]
    assert form["properties"]["name"] == {"type": "string"}
    assert form["properties"]["day"] == {"type": ["string", "null"], "format": "date"}
    assert form["properties"]["n"] == {"anyOf": [{"const": 1}, {"type": "null"}]}
    assert form["$defs"]["item"]["required"] == ["what", "price"]
    assert "$schema" not in form


@pytest.mark.parametrize(
    "schema",
    [
        OPEN,
        {"type": "array", "items": {}},
        {"type": "object"},
        {"type": "object", "properties": {"a": {"type": "object"}}},
        {"type": "object", "properties": {"a": {"oneOf": [{"type": "string"}]}}},
        {"type": "object", "properties": {"a": True}},
    ],
)
def test_what_is_open_has_no_strict_form(schema):
    assert strict_form(schema) is None


def test_nulls_are_left_out_only_where_they_stand_for_a_key_left_out():
    schema = {
        "type": "object",
        "properties": {"a": {"type": ["string", "null"]}, "b": {"type": "string"}, "c": {"type": "string"}},
        "required": ["c"],
    }

    assert without_nulls({"a": None, "b": None, "c": None, "d": None}, schema) == {
        "a": None,
        "c": None,
        "d": None,
    }
    order = {"name": "Ada", "day": None, "items": [{"what": "lamp", "price": None}]}
    assert without_nulls(order, ORDER) == {"name": "Ada", "items": [{"what": "lamp"}]}


LEAVES = {"string": st.text(max_size=3), "integer": st.integers(0, 9), "boolean": st.booleans()}


@st.composite
def objects(draw, depth=2):
    """A closed schema of an object, and a value that fits it."""
    properties, value, required = {}, {}, []
    for key in draw(st.lists(st.sampled_from("가나다ab"), unique=True, min_size=1)):
        if depth and draw(st.booleans()):
            properties[key], inner = draw(objects(depth - 1))
        else:
            kind = draw(st.sampled_from(list(LEAVES)))
            properties[key], inner = {"type": kind}, draw(LEAVES[kind])
        if draw(st.booleans()):
            required.append(key)
        if key in required or draw(st.booleans()):
            value[key] = inner
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return schema, value


def with_nulls(value, schema):
    """The value as a strict endpoint writes it."""
    if not isinstance(value, dict):
        return value
    return {key: with_nulls(value.get(key), one) for key, one in schema["properties"].items()}


@given(objects())
def test_what_fits_the_strict_form_fits_the_schema_without_its_nulls(made):
    schema, value = made
    written = with_nulls(value, schema)
    form = strict_form(schema)

    assert problem(form) is None
    assert misfits(written, form) == []
    assert without_nulls(written, schema) == value
    assert misfits(value, schema) == []
