from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score, matthews_corrcoef

from promptsweep.metrics.classification import (
    UNPARSED,
    ClassScore,
    confusion,
    kappa,
    macro_f1,
    mcc,
    per_class,
)
from promptsweep.types import Sample

AGGREGATES = (macro_f1, mcc, kappa)
LABELS = ("joy", "anger", "fear")


def samples_of(targets: list[str]) -> list[Sample]:
    return [Sample(str(number), "", (target,)) for number, target in enumerate(targets)]


def expected_macro_f1(wanted: list[str], given_: list[str]) -> float:
    return f1_score(wanted, given_, labels=sorted(set(wanted)), average="macro", zero_division=0)


def expected_kappa(wanted: list[str], given_: list[str]) -> float:
    return cohen_kappa_score(wanted, given_, replace_undefined_by=0.0)


EXPECTED = {"macro_f1": expected_macro_f1, "mcc": matthews_corrcoef, "kappa": expected_kappa}
PAIRS = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from((*LABELS, "surprise", None))), min_size=1, max_size=30
)


@settings(max_examples=40, deadline=None)
@given(PAIRS)
@pytest.mark.filterwarnings("ignore::UserWarning")  # of the oracles, where they are undefined
def test_values_and_every_resample_equal_scikit_learn(pairs):
    targets, answers = [wanted for wanted, _ in pairs], [answer for _, answer in pairs]
    samples, read = samples_of(targets), [answer or UNPARSED for answer in answers]
    drawn = np.random.default_rng(0).integers(0, len(pairs), len(pairs))

    for definition in AGGREGATES:
        expected = EXPECTED[definition.name]
        resampling = definition.resampling(answers, samples)
        sums = np.bincount(drawn, minlength=len(pairs))[None, :].astype(float) @ resampling.statistics
        resampled = expected([targets[i] for i in drawn], [read[i] for i in drawn])

        assert definition.bind({}).compute(answers, samples) == pytest.approx(expected(targets, read))
        assert resampling.values(sums)[0] == pytest.approx(resampled)


def test_an_unparsed_answer_lowers_recall_and_is_no_class_of_the_mean():
    samples = samples_of(["joy", "joy", "anger"])

    assert macro_f1(["joy", None, "anger"], samples) == pytest.approx((2 / 3 + 1) / 2)


def test_of_several_accepted_labels_the_answered_one_is_the_target():
    samples = [Sample("1", "", ("joy", "fear")), Sample("2", "", ("anger",))]

    assert macro_f1(["fear", "anger"], samples) == 1.0


def test_samples_without_a_target_are_left_out_and_nothing_gives_nan():
    aggregate = macro_f1.bind({})

    assert aggregate.compute(["joy", "joy"], [Sample("1", "", ("joy",)), Sample("2", "")]) == 1.0
    assert math.isnan(aggregate.compute(["joy"], [Sample("2", "")]))
    assert all(math.isnan(bound) for bound in aggregate.interval([], []))


@pytest.mark.parametrize("definition", AGGREGATES)
def test_repeats_of_a_sample_are_drawn_together(definition):
    generator = np.random.default_rng(1)
    targets = [LABELS[i] for i in generator.integers(0, 3, 60)]
    answers = [t if generator.random() < 0.7 else LABELS[0] for t in targets]
    samples = samples_of(targets)
    aggregate = definition.bind({})

    once = aggregate.interval(answers, samples, seed=3)

    assert once == pytest.approx(aggregate.interval(answers * 4, samples * 4, seed=3))
    assert once[0] < aggregate.compute(answers, samples) < once[1]


def test_an_interval_depends_on_its_seed_alone_and_grows_with_its_level():
    targets = [LABELS[i % 3] for i in range(50)]
    answers = [LABELS[i % 2] for i in range(50)]
    interval, samples = mcc.bind({}).interval, samples_of(targets)

    assert interval(answers, samples, seed=1) == interval(answers, samples, seed=1)
    narrow, wide = interval(answers, samples, level=0.8), interval(answers, samples, level=0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_two_thousand_answers_with_eight_labels_are_resampled_well_under_a_second():
    generator = np.random.default_rng(2)
    targets = [f"label {i}" for i in generator.integers(0, 8, 2000)]
    answers = [f"label {i}" for i in generator.integers(0, 8, 2000)]
    samples, interval = samples_of(targets), macro_f1.bind({}).interval
    interval(answers[:10], samples[:10])
    started = time.perf_counter()

    interval(answers, samples)

    assert time.perf_counter() - started < 1


def test_the_confusion_matrix_has_targets_in_rows_and_unparsed_last():
    labels, matrix = confusion(["joy", None, "zeal", "joy"], ["joy", "joy", "anger", "anger"])

    assert labels == ["anger", "joy", "zeal", UNPARSED]
    assert matrix.tolist() == [[0, 1, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_each_class_has_its_own_scores():
    assert per_class(["joy", None, "zeal"], ["joy", "joy", "anger"]) == [
        ClassScore("anger", 0.0, 0.0, 0.0, 1),
        ClassScore("joy", 1.0, 0.5, pytest.approx(2 / 3), 2),
        ClassScore("zeal", 0.0, 0.0, 0.0, 0),
    ]
