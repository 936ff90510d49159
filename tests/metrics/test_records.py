from __future__ import annotations

import json

import pytest

from promptsweep.metrics.records import (
    field_f1,
    hallucinated_fields,
    json_exact,
    json_valid,
    mended,
    repairs,
    schema_valid,
)
from promptsweep.types import Sample

SCHEMA = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}

ORDER = {
    "name": "Ada Lovelace",
    "items": [{"sku": "A1", "count": 2}, {"sku": "B2", "count": 1}],
    "paid": True,
}


def wanting(*targets: object) -> Sample:
    return Sample("1", "input", tuple(json.dumps(target) for target in targets))


@pytest.mark.parametrize(
    ("reply", "valid"), [('{"a": 1}', 1), ('```json\n{"a": 1}\n```', 0), ('{"a": 1,}', 0), ("42", 0), ("", 0)]
)
def test_only_a_reply_that_is_json_as_it_stands_is_valid(reply, valid):
    assert json_valid.reads == "reply"
    assert json_valid(reply, wanting()).value == valid


@pytest.mark.parametrize(
    ("reply", "valid", "strictly", "mends"),
    [
        ('{"a": 1}', 1, 1, 0),
        ('Here:\n```json\n{"a": 1,}\n```', 1, 0, 3),
        ('{"a": "1"}', 0, 0, 0),
        ("{}", 0, 0, 0),
        ("[1]", 0, 0, 0),
        ("none", 0, 0, None),
    ],
)
def test_a_reply_is_valid_where_its_json_fits_the_schema(reply, valid, strictly, mends):
    assert schema_valid(reply, wanting(), schema=SCHEMA).value == valid
    assert schema_valid(reply, wanting(), schema=SCHEMA, strict=True).value == strictly
    assert mended(reply, wanting()) == mends


def test_the_reason_of_an_invalid_reply_is_the_misfit():
    score = schema_valid('{"a": "1"}', wanting(), schema=SCHEMA)

    assert score.reason == "a: '1' is not of type 'integer'"


def test_repairs_are_those_that_the_strategy_noted():
    assert repairs({"repairs": 2}, wanting()) == 2
    assert repairs({"votes": 2}, wanting()) is None


@pytest.mark.parametrize(
    ("answer", "target", "right"),
    [
        ('{"b": 2.0, "a": 1}', {"a": 1, "b": 2}, True),
        ("[1, 2]", [2, 1], False),
        ('{"a": true}', {"a": 1}, False),
        ('{"a": "X"}', {"a": "x"}, False),
        ('{"a": null}', {}, False),
        ("nothing", {}, False),
    ],
)
def test_json_is_equal_by_value_and_not_by_text(answer, target, right):
    assert json_exact(answer, wanting(target)) is right


@pytest.mark.parametrize(
    ("answer", "target", "f1"),
    [
        (ORDER, ORDER, 1.0),
        ({"name": "  ada   LOVELACE"}, {"name": "Ada Lovelace"}, 1.0),
        ({**ORDER, "items": ORDER["items"][::-1]}, ORDER, 1.0),
        ({"name": "Ada Lovelace"}, {"name": "Ada Lovelace", "email": "a@b.c"}, 2 * 1 / 3),
        ({"name": "Ada", "paid": True}, {"name": "Ada", "paid": 1}, 2 * 1 / 4),
        ({"count": 2.0, "note": None, "tags": []}, {"count": 2}, 1.0),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, 0.0),
        ({}, {}, 1.0),
    ],
)
def test_field_f1_counts_equal_leaves_wherever_they_are_in_a_list(answer, target, f1):
    assert field_f1(json.dumps(answer), wanting(target)).value == pytest.approx(f1)


def test_field_f1_says_which_fields_are_wrong():
    score = field_f1('{"name": "Ada", "age": 3}', wanting({"name": "Ada", "email": "a@b.c"}))

    assert score.reason == "missed: email; wrong: age"


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ('{"name": "Bob"}', 0.0),
        ('{"name": "Bob", "fax": "1"}', 0.5),
        ("{}", 0.0),
        ('{"fax": null}', 0.0),
        ("?", 1.0),
    ],
)
def test_a_field_is_hallucinated_where_the_target_does_not_have_it(answer, share):
    assert hallucinated_fields(answer, wanting({"name": "Ada"})).value == share


@pytest.mark.parametrize("metric", [json_exact, field_f1, hallucinated_fields])
def test_records_without_a_target_are_not_scored(metric):
    assert metric("{}", wanting()) is None
