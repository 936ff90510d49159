"""How far graders agree with metrics and with each other, and what they say of the arms."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from promptsweep.datasets.card import Human
from promptsweep.reports.arms import StoredMetric, per_sample
from promptsweep.reports.duels import read_duels
from promptsweep.reports.graded import Graded, read_graded
from promptsweep.reports.graders import dataset_grades, duels_of_judges, ratings_of_judges
from promptsweep.reports.grades import VALUES, Mode, all_grades
from promptsweep.reports.store import Store
from promptsweep.stats import (
    Interval,
    Preferred,
    kappa,
    kendall,
    mean_interval,
    plain_kappa,
    preferred,
    spearman,
)


@dataclass(frozen=True, slots=True)
class ArmGrade:
    """What one grader says of one arm."""

    mode: Mode
    arm: str
    grader: str
    mean: Interval
    """Share of correct answers, or mean rating."""
    answers: int


@dataclass(frozen=True, slots=True)
class VerdictAgreement:
    """Whether a metric finds those answers right that a grader finds correct."""

    grader: str
    metric: str
    same: Interval
    """Share of answers on which the two agree; a metric finds right what it gives its best score."""
    kappa: Interval
    """Cohen's κ."""
    answers: int


@dataclass(frozen=True, slots=True)
class RatingAgreement:
    """Whether a metric orders answers as a grader does: above 0 where better scores have better ratings."""

    grader: str
    metric: str
    spearman: Interval
    kendall: Interval
    answers: int


@dataclass(frozen=True, slots=True)
class GraderAgreement:
    """Whether two graders say the same."""

    mode: Mode
    one: str
    other: str
    same: Interval
    """Share of subjects to which both gave the same value."""
    kappa: Interval
    """Cohen's κ, with quadratic weights where there are more than two values."""
    plain: Interval
    """Cohen's κ without weights, of values rounded to the mode's."""
    answers: int
    """Subjects that both graded."""


@dataclass(frozen=True, slots=True)
class Preference:
    """Which of two arms a grader prefers."""

    arm: str
    other: str
    grader: str
    preferred: Preferred
    """From the view of `arm`: it wins where its answer is preferred."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """All that the grades of a dataset's answers say."""

    arms: tuple[ArmGrade, ...]
    verdicts: tuple[VerdictAgreement, ...]
    ratings: tuple[RatingAgreement, ...]
    graders: tuple[GraderAgreement, ...]
    preferences: tuple[Preference, ...]


def agreement(store: Store, run: str, dataset: str, human: Human = Human()) -> Agreement:  # noqa: B008  frozen
    """What the grades of a run say of the arms on one dataset; `run` is the run's id.

    `human` names fields of the dataset that hold further people's grades. Judges, who score or compare the
    answers that people graded, are among the graders that are compared. All intervals are at 0.95, over
    samples: several answers to one sample count as one.
    """
    arms = {arm.id: arm for arm in store.arms(run) if arm.dataset == dataset}
    given = [grade for grade in all_grades(store, run) if grade.subject.arm in arms]
    with store.engine.connect() as connection:
        given += dataset_grades(connection, arms, human)
        graded = list(read_graded(connection, arms, given))
    judges = [*ratings_of_judges(graded, arms), *duels_of_judges(graded, read_duels(store, run))]
    labels = {number: arm.label for number, arm in arms.items()}
    metrics = {one.name: one for arm in arms.values() for one in per_sample(arm)}
    by = _grouped(graded, lambda one: (one.grade.mode, one.grade.grader))
    return Agreement(
        tuple(_of_arms(graded, labels)),
        tuple(_verdicts(by, metrics)),
        tuple(_ratings(by, metrics)),
        tuple(_graders(_grouped([*graded, *judges], lambda one: (one.grade.mode, one.grade.grader)))),
        tuple(_preferences(graded, labels)),
    )


def _grouped(
    graded: Sequence[Graded], key: Callable[[Graded], tuple[Any, ...]]
) -> Mapping[tuple[Any, ...], list[Graded]]:
    """The grades by key, sorted by it."""
    groups: dict[tuple[Any, ...], list[Graded]] = {}
    for one in graded:
        groups.setdefault(key(one), []).append(one)
    return dict(sorted(groups.items()))


def _of_arms(graded: Sequence[Graded], labels: Mapping[int, str]) -> Iterator[ArmGrade]:
    single = [one for one in graded if one.grade.mode is not Mode.PREFERENCE]
    groups = _grouped(single, lambda one: (one.grade.mode, one.grade.subject.arm, one.grade.grader))
    for (mode, arm, grader), some in groups.items():
        bounds = float(min(VALUES[mode])), float(max(VALUES[mode]))
        mean = mean_interval(_values(some), _units(some), bounds=bounds)
        yield ArmGrade(mode, labels[arm], grader, mean, len(some))


def _verdicts(
    by: Mapping[tuple[Any, ...], list[Graded]], metrics: Mapping[str, StoredMetric]
) -> Iterator[VerdictAgreement]:
    for (mode, grader), graded in by.items():
        for metric in metrics.values() if mode is Mode.VERDICT else ():
            some = [one for one in graded if metric.name in one.scores]
            if not some or metric.higher_is_better is None:
                continue
            best = 1 if metric.higher_is_better else 0
            right = [int(one.scores[metric.name] == best) for one in some]
            same = _same(_values(some), right, _units(some))
            found = kappa(_values(some), right, _units(some))
            yield VerdictAgreement(grader, metric.name, same, found, len(some))


def _ratings(
    by: Mapping[tuple[Any, ...], list[Graded]], metrics: Mapping[str, StoredMetric]
) -> Iterator[RatingAgreement]:
    for (mode, grader), graded in by.items():
        for metric in metrics.values() if mode is Mode.RATING else ():
            some = [one for one in graded if metric.name in one.scores]
            if not some:
                continue
            sign = -1 if metric.higher_is_better is False else 1
            merits, units = [sign * one.scores[metric.name] for one in some], _units(some)
            rho, tau = spearman(_values(some), merits, units), kendall(_values(some), merits, units)
            yield RatingAgreement(grader, metric.name, rho, tau, len(some))


def _graders(by: Mapping[tuple[Any, ...], list[Graded]]) -> Iterator[GraderAgreement]:
    for (mode, one), (other_mode, other) in combinations(by, 2):
        if mode is not other_mode:
            continue
        second = {graded.grade.subject: graded.grade.value for graded in by[other_mode, other]}
        shared = [graded for graded in by[mode, one] if graded.grade.subject in second]
        if shared:
            values = [second[graded.grade.subject] for graded in shared]
            same = _same(_rounded(_values(shared)), _rounded(values), _units(shared))
            width = max(VALUES[mode]) - min(VALUES[mode])
            found = kappa(_values(shared), values, _units(shared), width=width)
            plain = plain_kappa(_rounded(_values(shared)), _rounded(values), _units(shared))
            yield GraderAgreement(mode, one, other, same, found, plain, len(shared))


def _preferences(graded: Sequence[Graded], labels: Mapping[int, str]) -> Iterator[Preference]:
    pairs = [one for one in graded if one.grade.mode is Mode.PREFERENCE]
    groups = _grouped(pairs, lambda one: (one.grade.subject.arm, one.grade.subject.other, one.grade.grader))
    for (arm, other, grader), some in groups.items():
        yield Preference(labels[arm], labels[other], grader, preferred(_values(some), _units(some)))


def _rounded(values: Sequence[float]) -> list[int]:
    return [math.floor(value + 0.5) for value in values]


def _values(graded: Sequence[Graded]) -> list[float]:
    return [one.grade.value for one in graded]


def _units(graded: Sequence[Graded]) -> list[str]:
    return [one.unit for one in graded]


def _same(one: Sequence[float], other: Sequence[float], units: Sequence[str]) -> Interval:
    return mean_interval([float(a == b) for a, b in zip(one, other, strict=True)], units)
