from __future__ import annotations

import time
from importlib.metadata import version

import numpy as np
import pytest
import sacrebleu

from promptsweep.metrics.bleu import chrf, corpus_bleu, corpus_chrf, sentence_bleu
from promptsweep.types import Sample

ENGLISH = [
    Sample("1", "", ("The cat sat on the mat.", "A cat was sitting on the mat.")),
    Sample("2", "", ("It rained all day long in the north.",)),
    Sample("3", "", ("Prices rose by 3.5 percent in May.",)),
]
ANSWERS = ["The cat sat on a mat.", "It rained all day in the north.", None]
KOREAN = Sample("4", "", ("서울은 대한민국의 수도이다.",))


def test_sentence_bleu_is_that_of_sacrebleu():
    for answer, sample in zip(ANSWERS[:2], ENGLISH[:2], strict=True):
        expected = sacrebleu.sentence_bleu(answer, list(sample.targets)).score / 100
        assert sentence_bleu(answer, sample) == pytest.approx(expected)


def test_east_asian_targets_are_compared_by_characters():
    answer = "서울이 대한민국의 수도다."

    expected = sacrebleu.sentence_bleu(answer, list(KOREAN.targets), tokenize="char").score / 100

    assert sentence_bleu(answer, KOREAN) == pytest.approx(expected)
    assert sentence_bleu(answer, KOREAN) > sentence_bleu(answer, KOREAN, tokenizer="13a")


def test_one_foreign_name_does_not_change_the_tokenizer():
    sample = Sample("5", "", ("The author 한강 won the prize for her work last year.",))

    assert sentence_bleu("The prize, it went", sample) == sentence_bleu(
        "The prize, it went", sample, tokenizer="13a"
    )


def test_chrf_is_that_of_sacrebleu():
    expected = sacrebleu.sentence_chrf(ANSWERS[0], list(ENGLISH[0].targets)).score / 100

    assert chrf(ANSWERS[0], ENGLISH[0]) == pytest.approx(expected)


def test_sentences_without_a_target_are_not_scored():
    assert sentence_bleu("x", Sample("6", "")) is None
    assert chrf("x", Sample("6", "")) is None


@pytest.mark.parametrize(
    ("definition", "reference"), [(corpus_bleu, sacrebleu.corpus_bleu), (corpus_chrf, sacrebleu.corpus_chrf)]
)
def test_corpus_scores_are_those_of_sacrebleu_and_an_unparsed_answer_is_empty(definition, reference):
    streams = [[sample.targets[0] for sample in ENGLISH], [ENGLISH[0].targets[1], None, None]]

    expected = (
        reference(["The cat sat on a mat.", "It rained all day in the north.", ""], streams).score / 100
    )

    assert definition.bind({}).compute(ANSWERS, ENGLISH) == pytest.approx(expected)


@pytest.mark.parametrize("definition", [corpus_bleu, corpus_chrf])
def test_the_bootstrap_of_all_rows_once_gives_the_corpus_score(definition):
    resampling = definition.resampling(ANSWERS, ENGLISH)

    once = resampling.values(resampling.statistics.sum(axis=0, keepdims=True))

    assert once == pytest.approx(np.array([definition(ANSWERS, ENGLISH)]))


@pytest.mark.parametrize("definition", [corpus_bleu, corpus_chrf])
def test_the_interval_holds_the_score_and_is_ready_soon(definition):
    answers, samples = ANSWERS * 100, [Sample(str(i), "", ENGLISH[i % 3].targets) for i in range(300)]
    aggregate = definition.bind({})
    value = aggregate.compute(answers, samples)
    started = time.perf_counter()

    low, high = aggregate.interval(answers, samples)

    assert time.perf_counter() - started < 3
    assert 0 <= low < value < high <= 1


def test_the_signatures_name_tokenizer_and_version():
    assert corpus_bleu.bind({}).signature.endswith(
        f"tok:13a/char-by-script|smooth:exp|sacrebleu:{version('sacrebleu')}"
    )
    assert "tok:char" in sentence_bleu.bind({"tokenizer": "char"}).signature
    assert "nc:6" in chrf.bind({}).signature
