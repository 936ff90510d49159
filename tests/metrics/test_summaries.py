from __future__ import annotations

import pytest

from promptsweep.metrics.summaries import (
    chars,
    compression,
    coverage,
    density,
    entity_density,
    entity_recall,
    fragments,
    novel_bigrams,
    words,
)
from promptsweep.types import Sample

ARTICLE = Sample(
    "1",
    "The old mill by the river closed in 1987, and its owner moved to Leeds.",
    fields={"entities": ["the old mill", "1987", "Leeds", "US"]},
)


@pytest.mark.parametrize(
    ("metric", "answer", "value"),
    [
        (words, "The mill closed — in 1987!", 5),
        (words, "", 0),
        (chars, "가나 다", 4),
        (compression, "The mill closed", 15 / 3),
        (compression, "?!", None),
        (coverage, "the old mill shut in 1987", 5 / 6),  # "the old mill" and "in 1987" are copied
        (density, "the old mill shut in 1987", (3**2 + 2**2) / 6),
        (coverage, "nothing alike", 0.0),
        (density, "", None),
        (novel_bigrams, "the old mill shut", 1 / 3),  # "mill shut" alone is new
        (novel_bigrams, "mill", None),
        (entity_density, "The old mill closed in 1987.", 2 / 6),
    ],
)
def test_summaries_are_measured_against_their_source(metric, answer, value):
    assert metric(answer, ARTICLE) == (None if value is None else pytest.approx(value))


def test_the_whole_source_is_one_fragment():
    assert fragments(list("abcab"), list("abcab")) == [5]


def test_fragments_are_the_longest_from_the_left():
    assert fragments(list("abxabc"), list("abcdabx")) == [3, 3]


def test_repeated_words_do_not_make_fragments_slow():
    assert fragments(["a"] * 400, ["a"] * 900) == [400, 400, 100]


@pytest.mark.parametrize(
    ("answer", "recall", "reason"),
    [
        ("The Old  Mill in Leeds, US, shut in 1987", 1.0, ""),
        ("A bus left Leeds in 19870", 0.25, "missed: the old mill, 1987, US"),
    ],
)
def test_entities_are_found_as_whole_words(answer, recall, reason):
    score = entity_recall(answer, ARTICLE)

    assert (score.value, score.reason) == (recall, reason)


def test_a_korean_entity_may_carry_a_particle():
    sample = Sample("3", "", fields={"entities": ["한강", "서울"]})

    assert entity_recall("한강은 서울을 지난다", sample).value == 1.0
    assert entity_recall("남한강은 길다", sample).value == 0.0


@pytest.mark.parametrize("metric", [entity_recall, entity_density])
@pytest.mark.parametrize("fields", [{}, {"entities": []}, {"entities": "text"}])
def test_samples_that_list_no_entities_are_not_scored(metric, fields):
    assert metric("text", Sample("2", "text", fields=fields)) is None
