"""Metrics over all answers of a classification together, and the tables behind them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from promptsweep.metrics.define import aggregate
from promptsweep.metrics.resampling import Resampling
from promptsweep.types import Sample, nfc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Formula: TypeAlias = Callable[[NDArray[Any], NDArray[Any], NDArray[Any]], NDArray[Any]]

UNPARSED = "(unparsed)"
"""The class of answers that could not be read: predicted, never right."""


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How well one class is recognised."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    """How many samples are of this class."""


def confusion(answers: Sequence[str | None], targets: Sequence[str]) -> tuple[list[str], NDArray[Any]]:
    """The labels, and a matrix of counts: row is the target, column the answer; both in the labels' order.

    `(unparsed)` comes last, where there is any.
    """
    from sklearn.metrics import confusion_matrix

    given = _given(answers)
    labels = sorted({*targets, *given} - {UNPARSED}) + [UNPARSED] * (UNPARSED in given)
    return labels, confusion_matrix(list(targets), given, labels=labels)


def per_class(answers: Sequence[str | None], targets: Sequence[str]) -> list[ClassScore]:
    """Precision, recall and F1 (0–1, 0 where undefined) of every class that is a target or an answer."""
    from sklearn.metrics import precision_recall_fscore_support

    given = _given(answers)
    labels = sorted({*targets, *given} - {UNPARSED})
    columns = precision_recall_fscore_support(list(targets), given, labels=labels, zero_division=0)
    return [
        ClassScore(label, float(precision), float(recall), float(f1), int(support))
        for label, precision, recall, f1, support in zip(labels, *columns, strict=True)
    ]


def _macro_f1(right: NDArray[Any], wanted: NDArray[Any], given: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    f1 = 2 * right / np.maximum(wanted + given, 1)
    present = wanted > 0
    return np.asarray((f1 * present).sum(axis=1) / present.sum(axis=1))


def _mcc(right: NDArray[Any], wanted: NDArray[Any], given: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    n = wanted.sum(axis=1)
    covariance = right.sum(axis=1) * n - (wanted * given).sum(axis=1)
    spread = (n**2 - (wanted**2).sum(axis=1)) * (n**2 - (given**2).sum(axis=1))
    return np.asarray(np.divide(covariance, np.sqrt(spread), out=np.zeros_like(n), where=spread > 0))


def _kappa(right: NDArray[Any], wanted: NDArray[Any], given: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    n = wanted.sum(axis=1)
    chance = (wanted * given).sum(axis=1)
    room = n**2 - chance
    return np.asarray(np.divide(right.sum(axis=1) * n - chance, room, out=np.zeros_like(n), where=room > 0))


def _resampling(formula: Formula) -> Callable[..., Resampling]:
    """What an aggregate of class counts needs for the bootstrap.

    The counts of each pair (target, answer) that occurs are summed; `formula` makes a value of right
    answers, targets and answers by class, with one column for each class.
    """

    def resampling(answers: Sequence[str | None], samples: Sequence[Sample]) -> Resampling:
        import numpy as np
        from scipy.sparse import csr_array

        pairs = list(zip(target_classes(answers, samples), _given(answers), strict=True))
        cells = {pair: column for column, pair in enumerate(dict.fromkeys(pairs))}
        rows, columns = np.arange(len(pairs)), [cells[pair] for pair in pairs]
        statistics = csr_array((np.ones(len(pairs)), (rows, columns)), shape=(len(pairs), len(cells)))
        classes = sorted({label for pair in cells for label in pair})
        targets = np.array([[wanted == label for label in classes] for wanted, _ in cells], float)
        answered = np.array([[given == label for label in classes] for _, given in cells], float)
        return Resampling(
            statistics, lambda sums: formula(sums @ (targets * answered), sums @ targets, sums @ answered)
        )

    return resampling


@aggregate(_resampling(_macro_f1))
def macro_f1(answers: Sequence[str | None], samples: Sequence[Sample]) -> float:
    """Mean of the F1 of all classes that occur among the targets, each counting the same (0–1)."""
    from sklearn.metrics import f1_score

    wanted = target_classes(answers, samples)
    labels = sorted(set(wanted))
    return float(f1_score(wanted, _given(answers), labels=labels, average="macro", zero_division=0))


@aggregate(_resampling(_mcc))
def mcc(answers: Sequence[str | None], samples: Sequence[Sample]) -> float:
    """Matthews correlation of answers and targets: 1 all right, 0 by chance or undefined, at least -1."""
    from sklearn.metrics import matthews_corrcoef

    with _no_warnings():
        return float(matthews_corrcoef(target_classes(answers, samples), _given(answers)))


@aggregate(_resampling(_kappa))
def kappa(answers: Sequence[str | None], samples: Sequence[Sample]) -> float:
    """Cohen's κ of answers and targets: 1 all right, 0 by chance or undefined, at least -1."""
    from sklearn.metrics import cohen_kappa_score

    with _no_warnings():
        return float(
            cohen_kappa_score(target_classes(answers, samples), _given(answers), replace_undefined_by=0.0)
        )


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Silences scikit-learn where it warns that a value is undefined, which our docstrings define."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _given(answers: Sequence[str | None]) -> list[str]:
    return [UNPARSED if answer is None else nfc(answer) for answer in answers]


def target_classes(answers: Sequence[str | None], samples: Sequence[Sample]) -> list[str]:
    """The class of each sample, which has a target: of several the one that was answered, else the first."""
    pairs = zip(answers, samples, strict=True)
    return [nfc(answer if answer in sample.targets else sample.targets[0]) for answer, sample in pairs]
