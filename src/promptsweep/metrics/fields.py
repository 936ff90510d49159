"""Precision and recall of JSON fields over all records of an arm: micro and macro F1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from promptsweep.metrics.define import aggregate
from promptsweep.metrics.records import Field, leaves, parsed
from promptsweep.metrics.resampling import Resampling
from promptsweep.types import Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

Fields = Counter[Field]


def _pairs(answers: Sequence[str | None], samples: Sequence[Sample]) -> list[tuple[Fields, Fields]]:
    """The fields of each answer, and those of the target that it fits best."""
    pairs = []
    for answer, sample in zip(answers, samples, strict=True):
        given = Counter(leaves(parsed(answer or "")))
        wanted = [Counter(leaves(parsed(target))) for target in sample.targets]
        pairs.append((given, max(wanted, key=partial(_f1, given))))
    return pairs


def _f1(given: Fields, wanted: Fields) -> float:
    total = given.total() + wanted.total()
    return 2 * (given & wanted).total() / total if total else 1.0


def _counts(pairs: Sequence[tuple[Fields, Fields]]) -> NDArray[Any]:
    """For each record and each path that a target has: right fields, given ones, wanted ones."""
    import numpy as np

    paths = {path for _, wanted in pairs for path, _, _ in wanted}
    columns = {path: column for column, path in enumerate(sorted(paths))}
    counts = np.zeros((len(pairs), 3, len(columns) + 1))  # the last column: paths that no target has
    for row, (given, wanted) in enumerate(pairs):
        for place, fields in enumerate((given & wanted, given, wanted)):
            for (path, _, _), count in fields.items():
                counts[row, place, columns.get(path, len(columns))] += count
    return counts


def _micro(sums: NDArray[Any]) -> NDArray[Any]:
    """2 · right / (given + wanted) over all fields; 1 where there is none at all."""
    import numpy as np

    right, given, wanted = sums.sum(axis=2).T
    total = given + wanted
    return np.asarray(np.divide(2 * right, total, out=np.ones_like(total), where=total > 0))


def _macro(sums: NDArray[Any]) -> NDArray[Any]:
    """The mean F1 of the paths that targets have; 1 where they have none."""
    import numpy as np

    right, given, wanted = (sums[:, place, :-1] for place in range(3))
    f1, present = 2 * right / np.maximum(given + wanted, 1), wanted > 0
    count = present.sum(axis=1)
    return np.asarray(np.divide((f1 * present).sum(axis=1), count, out=np.ones(len(sums)), where=count > 0))


Formula = Callable[["NDArray[Any]"], "NDArray[Any]"]


def _resampling(formula: Formula) -> Callable[..., Resampling]:
    def resampling(answers: Sequence[str | None], samples: Sequence[Sample]) -> Resampling:
        counts = _counts(_pairs(answers, samples))
        shape = counts.shape[1:]
        return Resampling(
            counts.reshape(len(counts), -1), lambda sums: formula(sums.reshape(len(sums), *shape))
        )

    return resampling


def _of(formula: Formula, answers: Sequence[str | None], samples: Sequence[Sample]) -> float:
    return float(formula(_counts(_pairs(answers, samples)).sum(axis=0, keepdims=True))[0])


@aggregate(_resampling(_micro))
def field_micro_f1(answers: Sequence[str | None], samples: Sequence[Sample]) -> float:
    """F1 over the fields of all records together, compared as in field_f1 (0–1)."""
    return _of(_micro, answers, samples)


@aggregate(_resampling(_macro))
def field_macro_f1(answers: Sequence[str | None], samples: Sequence[Sample]) -> float:
    """Mean of the F1 of each field that targets have, each field counting the same (0–1).

    Fields that no target has are left out here; hallucinated_fields counts them.
    """
    return _of(_macro, answers, samples)
