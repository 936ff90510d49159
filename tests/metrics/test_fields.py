"""Field F1 over all records, against scikit-learn and a hand-worked case."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from promptsweep.metrics import resolve
from promptsweep.types import Sample

MICRO, MACRO = resolve(["field_micro_f1", "field_macro_f1"], "extraction", Path())


def wanting(*targets):
    return Sample("s", "input", tuple(json.dumps(target) for target in targets))


RECORDS = st.dictionaries(st.sampled_from("가나다"), st.integers(0, 2), min_size=1)


@given(st.lists(st.tuples(RECORDS, RECORDS), min_size=1, max_size=6))
def test_micro_f1_is_that_of_scikit_learn_over_pairs_of_field_and_value(pairs):
    table = MultiLabelBinarizer().fit([record.items() for pair in pairs for record in pair])
    wanted, given_ = (table.transform([pair[place].items() for pair in pairs]) for place in (0, 1))

    value = MICRO.compute([json.dumps(given) for _, given in pairs], [wanting(target) for target, _ in pairs])

    assert value == pytest.approx(f1_score(wanted, given_, average="micro", zero_division=0))


def test_micro_counts_fields_and_macro_counts_kinds_of_fields():
    samples = [wanting({"a": 1, "b": [1, 2]}), wanting({"a": 2}), wanting({"a": 3})]
    answers = ['{"a": 1, "b": [2, 9], "x": 0}', '{"a": 2.0}', None]

    # a: 2 right of 2 given and 3 wanted; b: 1 right of 2 and 2; x: 1 given that no target has
    assert MICRO.compute(answers, samples) == pytest.approx(2 * 3 / (5 + 5))
    assert MACRO.compute(answers, samples) == pytest.approx((2 * 2 / 5 + 2 * 1 / 4) / 2)


def test_the_target_that_fits_best_counts_and_empty_records_are_right():
    assert MICRO.compute(['{"a": 1}'], [wanting({"a": 2, "b": 3}, {"a": 1})]) == 1
    assert MICRO.compute(["{}"], [wanting({})]) == MACRO.compute(["{}"], [wanting({})]) == 1


def test_the_interval_holds_the_value():
    samples = [Sample(str(i), "x", ('{"a": 1, "b": {"c": "나"}}',)) for i in range(30)]
    answers = ['{"a": 1, "b": {"c": "나"}}' if i % 3 else '{"a": 2}' for i in range(30)]

    for metric in (MICRO, MACRO):
        low, high = metric.interval(answers, samples)
        assert low < metric.compute(answers, samples) < high
