"""Runs of words: how many are different, and how many are new."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.metrics.ngrams import distinct_n, novel_ngrams
from promptsweep.metrics.summaries import novel_bigrams, unsupported_numbers
from promptsweep.types import Sample

SOURCE = Sample("1", "the old mill closed in 1987")


@pytest.mark.parametrize(
    ("answer", "n", "value"),
    [
        ("no no no no", 1, 1 / 4),
        ("no no no no", 2, 1 / 3),
        ("to be or not to be", 2, 4 / 5),  # "to be" comes twice
        ("네 네 아니요", 1, 2 / 3),
        ("no", 2, None),
        ("", 1, None),
    ],
)
def test_distinct_n_is_the_share_of_different_runs(answer, n, value):
    assert distinct_n(answer, SOURCE, n=n) == (value if value is None else pytest.approx(value))


def test_characters_may_be_counted_in_place_of_words():
    assert distinct_n("가나 가", SOURCE, n=1, tokenizer="chars") == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("n", "value"),
    [(1, 1 / 4), (2, 2 / 4), (3, 2 / 3), (9, None)],
)
def test_novel_runs_are_those_that_the_source_does_not_have(n, value):
    answer = "The old mill shut. The old"  # the, old, mill, shut; the-old, old-mill, mill-shut, shut-the; …

    expected = {3: 3 / 4}.get(n, value)
    assert novel_ngrams(answer, SOURCE, n=n) == (expected if expected is None else pytest.approx(expected))


@given(st.text("abc ", max_size=30), st.text("abc ", max_size=30))
def test_novel_bigrams_are_novel_runs_of_two(answer, source):
    sample = Sample("1", source)

    assert novel_bigrams(answer, sample) == novel_ngrams(answer, sample, n=2)


@pytest.mark.parametrize(
    ("answer", "source", "share", "reason"),
    [
        ("It cost $1,200 in 1987.", "In 1987 it cost 1200 dollars.", 0, ""),
        ("3 of 4 left.", "Of 4 people some left.", 1 / 2, "not in the source: 3"),
        ("비용은 3만 원, 2024년", "2023년에 30,000원", 1 / 2, "not in the source: 2024"),
    ],
)
def test_numbers_are_looked_for_by_value(answer, source, share, reason):
    score = unsupported_numbers(answer, Sample("1", source))

    assert (score.value, score.reason) == (pytest.approx(share), reason)


def test_without_a_number_there_is_nothing_to_support():
    assert unsupported_numbers("Nobody knows.", Sample("1", "In 1987.")) is None
