from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from promptsweep.metrics.rouge import lcs_length, lcs_places, rouge1, rouge2, rougeL, rougeLsum
from promptsweep.types import Sample

METRICS = {"rouge1": rouge1, "rouge2": rouge2, "rougeL": rougeL, "rougeLsum": rougeLsum}
REFERENCE = RougeScorer(list(METRICS), use_stemmer=False)

WORDS = st.sampled_from(["the", "cat", "Cat", "sat", "on", "mat-7", "it's", "3.5", "."])
LINES = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
TEXTS = st.lists(LINES, min_size=2, max_size=4).map("\n".join)


def wanting(*targets: str) -> Sample:
    return Sample("1", "input", targets)


@given(TEXTS, TEXTS)
def test_every_rouge_equals_the_reference_package_on_ascii_text(answer, target):
    reference = REFERENCE.score(target, answer)

    for name, metric in METRICS.items():
        assert metric(answer, wanting(target)) == pytest.approx(reference[name].fmeasure), name


@pytest.mark.parametrize("name", METRICS)
def test_real_summaries_score_as_in_the_reference_package(shared_data, name):
    lines = (shared_data / "scitldr" / "dev.jsonl").read_text("utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if str(row).isascii()][:10]

    for row in rows:
        answer = row["input"].replace(". ", ".\n")
        targets = [target + "\n" for target in row["target"]]
        expected = REFERENCE.score_multi(targets, answer)[name].fmeasure
        assert METRICS[name](answer, wanting(*targets)) == pytest.approx(expected)
    assert rows


def test_unrelated_korean_texts_that_share_a_number_are_not_the_same():
    answer, target = "오늘 기온은 940 정도였다", "공장은 직원 940 명을 뽑았다"

    assert REFERENCE.score(target, answer)["rouge1"].fmeasure == 1.0
    assert rouge1(answer, wanting(target)) == pytest.approx(2 * 1 / 9)


def test_characters_credit_words_that_differ_in_their_particles():
    sample = wanting("서울은 크다")

    assert rouge1("서울이 크다", sample) == pytest.approx(0.5)
    assert rouge1("서울이 크다", sample, tokenizer="chars") == pytest.approx(0.8)


def test_the_best_target_counts_and_no_target_means_no_score():
    assert rougeL("a b c", wanting("x", "a b c")) == 1.0
    assert rougeL("a b c", wanting()) is None


def test_sentences_end_with_their_punctuation_in_a_text_of_one_line():
    sample = wanting("The cat sat.\nThe dog ran.")

    assert rougeLsum("The dog ran. The cat sat.", sample) == 1.0
    assert rougeL("The dog ran. The cat sat.", sample) < 1.0


def test_the_signature_names_the_tokenizer():
    assert rouge1.bind({}).signature == "tok:unicode-words|case:lower|stem:no"
    assert rouge1.bind({"tokenizer": "chars"}).signature == "tok:unicode-chars|case:lower|stem:no"


SEQUENCES = st.lists(st.sampled_from("abcd"), max_size=12)


@given(SEQUENCES, SEQUENCES)
def test_both_ways_to_a_longest_common_subsequence_agree(left, right):
    assert lcs_length(left, right) == len(lcs_places(left, right)) == lcs_length(right, left)
