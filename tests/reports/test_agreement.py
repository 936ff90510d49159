"""What grades say: agreement with metrics and between graders, arms by their grades, preferences."""

from __future__ import annotations

import math

import pytest
from scipy.stats import kendalltau, spearmanr
from sklearn.metrics import cohen_kappa_score

from promptsweep.api import Run
from promptsweep.reports.agreement import agreement
from promptsweep.reports.grades import Mode, Subject, give

ZERO, FEW = "zero_shot | m | lines", "few_shot(k=2) | m | lines"


@pytest.fixture
def run(own_house):
    return own_house.store.find_run("plain").id


@pytest.fixture
def numbers(own_house, run):
    return {arm.label: arm.id for arm in own_house.store.arms(run)}


def test_without_grades_nothing_is_said(own_house, run):
    found = agreement(own_house.store, run, "lines")

    assert not any((found.arms, found.verdicts, found.ratings, found.graders, found.preferences))


def test_verdicts_are_compared_with_what_the_metric_finds_right(own_house, run, numbers):
    verdicts = [place % 2 if place > 5 else 1 for place in range(30)]  # zero_shot always says good
    for place, value in enumerate(verdicts):
        give(own_house.store, run, Mode.VERDICT, "ann", Subject(f"line-{place}", 0, numbers[ZERO]), value)

    [found] = agreement(own_house.store, run, "lines").verdicts

    right = [place % 2 for place in range(30)]
    assert (found.grader, found.metric, found.answers) == ("ann", "accuracy", 30)
    assert found.same.value == pytest.approx(27 / 30)
    assert found.kappa.value == pytest.approx(cohen_kappa_score(verdicts, right))
    assert found.kappa.low < found.kappa.value < found.kappa.high


def test_an_answer_without_a_score_is_graded_but_not_compared(own_house, run, numbers):
    for place in (6, 7, 8):  # 7 ended in an error
        give(own_house.store, run, Mode.VERDICT, "ann", Subject(f"line-{place}", 0, numbers[FEW]), 1)
    give(own_house.store, run, Mode.VERDICT, "ann", Subject("gone", 0, numbers[FEW]), 1)

    found = agreement(own_house.store, run, "lines")

    assert (found.arms[0].answers, found.verdicts[0].answers) == (3, 2)


def test_ratings_are_correlated_with_graded_scores_clustered_as_the_dataset_is(own_house):
    run = own_house.store.find_run("twice").id
    arms = [arm for arm in own_house.store.arms(run) if arm.dataset == "facts"]
    values = iter([1, 2, 5, 4, 3, 3])
    for arm in arms:
        for place in range(3):
            give(own_house.store, run, Mode.RATING, "ann", Subject(f"fact-{place}", 0, arm.id), next(values))

    found = {one.metric: one for one in agreement(own_house.store, run, "facts").ratings}

    frame = Run(run, own_house.store).records()
    scores = frame[(frame["dataset"] == "facts") & (frame["repeat"] == 0)]["token_f1"]
    assert set(found) == {"squad_em", "token_f1", "words"}
    assert found["token_f1"].answers == 6
    assert found["token_f1"].spearman.n == 2  # pages, of which there are two
    assert found["token_f1"].spearman.value == pytest.approx(spearmanr([1, 2, 5, 4, 3, 3], scores)[0])
    assert found["token_f1"].kendall.value == pytest.approx(kendalltau([1, 2, 5, 4, 3, 3], scores)[0])
    assert math.isnan(found["squad_em"].spearman.value)  # every answer is wrong


def test_graders_are_compared_on_what_both_graded(own_house, run, numbers):
    for grader, places in (("ann", range(20)), ("bob", range(10, 30))):
        for place in places:
            value = place % 5 + 1 if grader == "ann" else min(5, place % 5 + 2)
            give(own_house.store, run, Mode.RATING, grader, Subject(f"line-{place}", 0, numbers[ZERO]), value)
    give(own_house.store, run, Mode.VERDICT, "cem", Subject("line-12", 0, numbers[ZERO]), 1)

    [found] = agreement(own_house.store, run, "lines").graders

    ann, bob = [place % 5 + 1 for place in range(10)], [min(5, place % 5 + 2) for place in range(10)]
    assert (found.mode, found.one, found.other, found.answers) == (Mode.RATING, "ann", "bob", 10)
    assert found.same.value == pytest.approx(0.2)
    assert found.kappa.value == pytest.approx(cohen_kappa_score(ann, bob, weights="quadratic"))


def test_arms_have_the_share_of_correct_answers_and_the_mean_rating(own_house, run, numbers):
    for place in range(8):
        subject = Subject(f"line-{place}", 0, numbers[ZERO])
        give(own_house.store, run, Mode.VERDICT, "ann", subject, int(place < 6))
        give(own_house.store, run, Mode.RATING, "ann", subject, 1 + place % 2 * 4)

    rating, verdict = agreement(own_house.store, run, "lines").arms

    assert (verdict.mode, verdict.arm, verdict.mean.value) == (Mode.VERDICT, ZERO, 0.75)
    assert (rating.mode, rating.mean.value) == (Mode.RATING, 3)
    assert 1 <= rating.mean.low < 3 < rating.mean.high <= 5


def test_preferences_are_wins_of_one_arm_over_the_other(own_house, run, numbers):
    low, high = sorted((numbers[FEW], numbers[ZERO]))
    for place in range(20):
        value = 1 if place < 12 else 0 if place < 15 else -1
        give(own_house.store, run, Mode.PREFERENCE, "ann", Subject(f"line-{place}", 0, low, high), value)

    found = agreement(own_house.store, run, "lines")

    [one] = found.preferences
    assert (one.grader, {one.arm, one.other}) == ("ann", {FEW, ZERO})
    assert (one.preferred.wins, one.preferred.ties, one.preferred.losses) == (12, 3, 5)
    assert one.preferred.net.value == pytest.approx(7 / 20)
    assert not found.verdicts
    assert not found.ratings


def test_a_grader_who_finds_all_alike_has_no_kappa(own_house, run, numbers):
    for place in range(1, 30, 2):
        give(own_house.store, run, Mode.VERDICT, "ann", Subject(f"line-{place}", 0, numbers[ZERO]), 1)

    [found] = agreement(own_house.store, run, "lines").verdicts

    assert found.same.value == 1
    assert math.isnan(found.kappa.value)
