"""How well a reply keeps the instructions that its sample lists, as targets or in the field `instructions`.

Zhou et al. 2023 report four accuracies: of prompts, all of whose instructions are kept (`follows_all`), and
of instructions (`instruction_accuracy`), both strict and loose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from promptsweep.errors import ConfigError
from promptsweep.metrics.define import aggregate, metric
from promptsweep.metrics.instructions import follows, loosened
from promptsweep.metrics.resampling import Resampling
from promptsweep.types import Sample, Score

if TYPE_CHECKING:
    from numpy.typing import NDArray


@metric(kind="binary", reads="reply", signature=lambda **_: "checks:ifeval-25")
def follows_all(reply: str, sample: Sample, *, loose: bool = False) -> Score | None:
    """The reply keeps every instruction of its sample (IFEval, prompt level, 0 or 1)."""
    broken = _broken(reply, sample, loose)
    return None if broken is None else Score(float(not broken), _reason(broken))


@metric(reads="reply", signature=lambda **_: "checks:ifeval-25")
def follows_each(reply: str, sample: Sample, *, loose: bool = False) -> Score | None:
    """Share of its sample's instructions that the reply keeps (IFEval, instruction level, 0–1).

    A mean over samples; `instruction_accuracy` counts every instruction the same, as the paper does.
    """
    broken = _broken(reply, sample, loose)
    return None if broken is None else Score(1 - len(broken) / len(_instructions(sample)), _reason(broken))


def _broken(reply: str, sample: Sample, loose: bool) -> list[str] | None:
    """The instructions that no reading of the reply keeps; None where the sample has none."""
    readings = loosened(reply) if loose else [reply]
    broken = [
        name
        for name, arguments in _instructions(sample)
        if not any(follows(reading, name, arguments) for reading in readings)
    ]
    return broken if _instructions(sample) else None


def _instructions(sample: Sample) -> list[tuple[str, Mapping[str, object]]]:
    try:
        listed = sample.fields.get("instructions") or [orjson.loads(target) for target in sample.targets]
        return [(str(one["instruction_id"]), dict(one.get("kwargs") or {})) for one in listed]
    except (KeyError, TypeError, AttributeError, orjson.JSONDecodeError):
        raise ConfigError(
            f"sample {sample.id!r}: instructions are a list of objects with instruction_id and kwargs"
        ) from None


def _counts(answers: Sequence[str | None], samples: Sequence[Sample], loose: bool) -> NDArray[Any]:
    """For each answer: the instructions that it keeps, and all there are."""
    import numpy as np

    rows = [
        (len(_instructions(sample)), len(_broken(answer or "", sample, loose) or ()))
        for answer, sample in zip(answers, samples, strict=True)
    ]
    return np.array([(count - broken, count) for count, broken in rows], float)


def _resampling(
    answers: Sequence[str | None], samples: Sequence[Sample], *, loose: bool = False
) -> Resampling:
    return Resampling(_counts(answers, samples, loose), _accuracy)


def _accuracy(sums: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    return np.asarray(sums[:, 0] / sums[:, 1])


@aggregate(_resampling, signature=lambda **_: "checks:ifeval-25")
def instruction_accuracy(
    answers: Sequence[str | None], samples: Sequence[Sample], *, loose: bool = False
) -> float:
    """Share of all instructions that are kept (IFEval, instruction level, 0–1).

    The instructions must be the samples' targets, since an aggregate is of samples with targets.
    """
    return float(_accuracy(_counts(answers, samples, loose).sum(axis=0, keepdims=True))[0])


def _reason(broken: list[str]) -> str:
    return f"broken: {', '.join(broken)}" if broken else ""
