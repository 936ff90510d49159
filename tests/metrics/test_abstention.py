"""Abstaining and being grounded, against worked cases and scikit-learn."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score

from promptsweep.metrics import resolve
from promptsweep.metrics.abstention import (
    abstained,
    abstention_f1,
    abstention_precision,
    abstention_recall,
    answerable,
)
from promptsweep.types import Sample

NO = Sample("no", "Who?", ("not enough information",), {"context": "A bridge of iron."})
YES = Sample("yes", "Which?", ("iron",), {"context": "A bridge of iron, built in 1868. 철교가 놓였다."})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Not enough information.", True),
        ("There is NOT ENOUGH information in the passage", True),
        ("정보가 부족합니다.", True),
        ("enough information", False),
        ("iron", False),
        (None, False),
    ],
)
def test_what_counts_as_abstaining(answer, expected):
    assert abstained(answer) == expected


def test_a_question_is_answerable_by_its_field_else_by_its_targets():
    assert (answerable(YES), answerable(NO)) == (True, False)
    assert not answerable(Sample("s", "", ("iron",), {"answerable": False}))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_precision_recall_and_f1_are_scikit_learns(pairs):
    answers = ["not enough information" if said else "iron" for said, _ in pairs]
    samples = [NO if wanted else YES for _, wanted in pairs]
    said, wanted = [one for one, _ in pairs], [one for _, one in pairs]

    for found, oracle in (
        (abstention_precision, precision_score),
        (abstention_recall, recall_score),
        (abstention_f1, f1_score),
    ):
        assert found(answers, samples) == pytest.approx(oracle(wanted, said, zero_division=0))


def test_an_interval_holds_the_figure():
    [metric] = resolve(["abstention_f1"], "qa", Path())
    answers = ["not enough information", "iron"] * 10 + ["iron"] * 5
    samples = [
        Sample(str(place), "", one.targets, one.fields) for place, one in enumerate([NO, YES] * 10 + [NO] * 5)
    ]

    low, high = metric.interval(answers, samples)

    assert metric.compute(answers, samples) == pytest.approx(0.8)
    assert low < 0.8 < high


@pytest.mark.parametrize(
    ("metric", "answer", "sample", "expected"),
    [
        ("false_answer", "iron", NO, 1),
        ("false_answer", "Not enough information", NO, 0),
        ("false_answer", "iron", YES, None),
        ("groundedness", "iron in 1868", YES, 1),
        ("groundedness", "Steel in 1868", YES, 2 / 3),
        ("groundedness", "철교", YES, 1),
        ("groundedness", "not enough information", YES, None),
        ("groundedness", "iron", Sample("s", ""), None),
    ],
)
def test_a_single_answer(metric, answer, sample, expected):
    [found] = resolve([metric], "qa", Path())
    score = found.score(answer, sample)

    assert score is expected if expected is None else score.value == pytest.approx(expected)
