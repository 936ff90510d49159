"""The form of an answer, and fields counted over all records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptsweep.metrics import resolve
from promptsweep.metrics.fields import field_micro_f1
from promptsweep.metrics.records import field_f1
from promptsweep.metrics.shapes import target_shape
from promptsweep.types import Sample

ORDER = {"name": "Ada", "note": None, "items": [{"sku": "A1", "count": 2}]}


def wanting(*targets):
    return Sample("1", "input", tuple(json.dumps(target) for target in targets))


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (ORDER, ""),
        ({"name": "Bob", "items": []}, ""),
        ({"name": "Bob", "note": 7, "items": [{"sku": "Z", "count": 0.5}] * 2}, ""),
        ({"items": []}, "the answer lacks 'name'"),
        ({**ORDER, "이름": "에이다"}, "the answer has '이름' besides"),
        ({**ORDER, "name": 7}, "the answer.name is a number, not a string"),
        ({**ORDER, "items": {}}, "the answer.items is an object, not an array"),
        (
            {**ORDER, "items": [{"sku": "Z", "count": True}]},
            "the answer.items[].count is boolean, not a number",
        ),
        ("no JSON", "holds no JSON object or array"),
    ],
)
def test_the_target_is_the_schema_whatever_its_values(answer, problem):
    text = answer if isinstance(answer, str) else json.dumps(answer)

    score = target_shape(text, wanting(ORDER))

    assert (score.value, score.reason) == (not problem, problem)


def test_one_of_several_targets_is_enough():
    assert target_shape('{"a": 1}', wanting({"b": 1}, {"a": 2})).value == 1
    assert target_shape('{"a": 1}', Sample("1", "input")) is None


def test_micro_f1_counts_each_field_and_macro_each_record():
    """By hand: 1 of 1 + 1 fields shared, and 1 of 3 + 3: 2·(1 + 1)/(2 + 6), not (1 + 1/3)/2."""
    samples = [wanting({"a": 1}), wanting({"a": 1, "b": 2, "c": 3})]
    answers = ['{"a": 1}', '{"a": 1, "b": 3, "c": 4}']

    assert field_micro_f1(answers, samples) == pytest.approx(4 / 8)
    each = [field_f1(answer, sample).value for answer, sample in zip(answers, samples, strict=True)]
    assert sum(each) / 2 == pytest.approx((1 + 1 / 3) / 2)


@pytest.mark.parametrize(("answer", "value"), [(None, 0.0), ("{}", 0.0), ('{"a": 1}', 1.0)])
def test_an_answer_without_a_record_shares_no_field(answer, value):
    assert field_micro_f1([answer], [wanting({"a": 1})]) == value


def test_its_interval_holds_the_figure():
    [found] = resolve(["field_micro_f1"], "extraction", Path())
    samples = [Sample(str(at), "", (json.dumps({"a": at, "b": 1}),)) for at in range(30)]
    answers = [json.dumps({"a": at % 20, "b": 1}) for at in range(30)]

    low, high = found.interval(answers, samples)

    assert found.compute(answers, samples) == pytest.approx(50 / 60)
    assert low < 50 / 60 < high
