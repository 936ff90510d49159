"""Whether a question without an answer is left unanswered, and whether an answer stands in its source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from promptsweep.metrics import tokens
from promptsweep.metrics.define import aggregate, metric
from promptsweep.metrics.resampling import Resampling
from promptsweep.types import Sample, Score, nfc

if TYPE_CHECKING:
    from numpy.typing import NDArray

REPLIES = ("not enough information", "정보가 부족합니다", "정보 부족")
"""What the shipped prompts ask for where a source does not hold the answer."""


def abstained(answer: str | None) -> bool:
    """Whether an answer says that the source does not hold one; what could not be read does not."""
    said = tokens.normalised(answer or "")
    return any(tokens.normalised(reply) in said for reply in REPLIES)


def answerable(sample: Sample) -> bool:
    """Whether the source holds the answer: by the field `answerable`, else by the targets."""
    known = sample.fields.get("answerable")
    return known if isinstance(known, bool) else not any(abstained(target) for target in sample.targets)


@metric(kind="binary", lower_is_better=True)
def false_answer(answer: str, sample: Sample) -> bool | None:
    """A question that its source does not answer was answered all the same (0 or 1, lower is better)."""
    return None if answerable(sample) else not abstained(answer)


@metric(signature=lambda: "tok:unicode-words|case:lower")
def groundedness(answer: str, sample: Sample) -> Score | None:
    """Share of the answer's words that its `context` has (0–1); none where it abstains or has no context."""
    source = sample.fields.get("context")
    given = tokens.words(answer)
    if source is None or abstained(answer) or not given:
        return None
    known = nfc(_text(source)).lower()
    missing = [word for word in given if word not in known]
    return Score(
        1 - len(missing) / len(given), f"not in the context: {', '.join(missing)}" if missing else ""
    )


def _counts(answers: Sequence[str | None], samples: Sequence[Sample]) -> NDArray[Any]:
    """For each answer: abstained rightly, abstained, had to abstain."""
    import numpy as np

    said = np.array([abstained(answer) for answer in answers], float)
    wanted = np.array([not answerable(sample) for sample in samples], float)
    return np.stack([said * wanted, said, wanted], axis=1)


def _resampling(formula: Callable[[NDArray[Any]], NDArray[Any]]) -> Callable[..., Resampling]:
    def resampling(answers: Sequence[str | None], samples: Sequence[Sample]) -> Resampling:
        return Resampling(_counts(answers, samples), formula)

    return resampling


def _share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[Any]:
    """0 where there is nothing to share."""
    import numpy as np

    return np.asarray(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0))


def _precision(sums: NDArray[Any]) -> NDArray[Any]:
    return _share(sums[:, 0], sums[:, 1])


def _recall(sums: NDArray[Any]) -> NDArray[Any]:
    return _share(sums[:, 0], sums[:, 2])


def _f1(sums: NDArray[Any]) -> NDArray[Any]:
    return _share(2 * sums[:, 0], sums[:, 1] + sums[:, 2])


def _of(
    formula: Callable[[NDArray[Any]], NDArray[Any]],
    answers: Sequence[str | None],
    samples: Sequence[Sample],
) -> float:
    return float(formula(_counts(answers, samples).sum(axis=0, keepdims=True))[0])


@aggregate(_resampling(_precision))
def abstention_precision(answers: Sequence[str | None], samples: Sequence[Sample]) -> float:
    """Of the answers that abstain, the share that should (0–1, 0 where none abstains)."""
    return _of(_precision, answers, samples)


@aggregate(_resampling(_recall))
def abstention_recall(answers: Sequence[str | None], samples: Sequence[Sample]) -> float:
    """Of the questions that their source does not answer, the share that is left unanswered (0–1)."""
    return _of(_recall, answers, samples)


@aggregate(_resampling(_f1))
def abstention_f1(answers: Sequence[str | None], samples: Sequence[Sample]) -> float:
    """Harmonic mean of abstention_precision and abstention_recall (0–1)."""
    return _of(_f1, answers, samples)


def _text(source: Any) -> str:
    return "\n".join(map(str, source)) if isinstance(source, list | tuple) else str(source)
