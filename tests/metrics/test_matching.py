from __future__ import annotations

import unicodedata

import pytest

from promptsweep.metrics.matching import (
    accuracy,
    contains,
    exact_match,
    numeric_match,
    numeric_match_strict,
    regex,
    squad_em,
)
from promptsweep.types import Sample

DECOMPOSED = unicodedata.normalize("NFD", "긍정")


def wanting(*targets: str) -> Sample:
    return Sample("1", "input", targets)


@pytest.mark.parametrize(
    ("answer", "targets", "right"),
    [
        ("positive", ["positive"], True),
        ("b", ["a", "b"], True),
        (DECOMPOSED, ["긍정"], True),
        ("Positive", ["positive"], False),
        ("positive", ["negative"], False),
        ("positive", [], None),
    ],
)
def test_an_answer_is_accurate_where_it_is_one_of_the_targets(answer, targets, right):
    assert accuracy(answer, wanting(*targets)) is right


@pytest.mark.parametrize(
    ("answer", "target", "right"),
    [(" Paris\n", "Paris", True), ("paris", "Paris", False), ("Paris.", "Paris", False)],
)
def test_exact_match_forgives_nothing_but_space_around(answer, target, right):
    assert exact_match(answer, wanting(target)) is right


@pytest.mark.parametrize(
    ("answer", "target", "right"),
    [
        ("The Eiffel Tower!", "eiffel tower", True),
        ("an  apple", "apple", True),
        ("theatre", "atre", False),
        ("『토지』", "토지", True),
        ("“서울” (특별시)", "서울 특별시", True),
        ("Lyon", "Paris", False),
    ],
)
def test_squad_exact_match_ignores_case_articles_and_punctuation_of_any_script(answer, target, right):
    assert squad_em(answer, wanting(target)) is right


@pytest.mark.parametrize(
    ("answer", "targets", "right"),
    [
        ("1250", ["1,250.00"], True),
        ("0.5", ["1/2"], True),
        ("7", ["6", "7"], True),
        ("7", ["8"], False),
        ("seven", ["7"], False),
        ("7", [], None),
    ],
)
def test_numbers_match_by_value(answer, targets, right):
    assert numeric_match(answer, wanting(*targets)) is right


@pytest.mark.parametrize(
    ("reply", "right"), [("Two and two.\nAnswer: 4", True), ("It is 4", False), ("Answer: 4 or 5", False)]
)
def test_the_strict_match_reads_the_reply_and_wants_the_contract(reply, right):
    assert numeric_match_strict.reads == "reply"
    assert numeric_match_strict(reply, wanting("4")) is right


@pytest.mark.parametrize(
    ("answer", "params", "right"),
    [
        ("We refund you.", {"text": "refund"}, True),
        ("We refund you.", {"text": "Refund"}, False),
        ("We refund you.", {"text": "REFUND", "ignore_case": True}, True),
        ("in Paris, of course", {}, True),
        ("in Lyon", {}, False),
    ],
)
def test_contains_looks_for_its_text_or_for_any_target(answer, params, right):
    assert contains(answer, wanting("Rome", "Paris"), **params) is right


def test_contains_does_not_apply_without_text_and_target():
    assert contains("anything", wanting()) is None


@pytest.mark.parametrize(("answer", "right"), [("order 1234", 1.0), ("order", 0.0)])
def test_a_regular_expression_is_searched(answer, right):
    score = regex.bind({"pattern": r"\d{4}"}).score(answer, wanting())

    assert score is not None
    assert score.value == right
