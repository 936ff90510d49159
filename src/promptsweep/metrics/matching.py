"""Right or wrong: metrics that compare an answer with its targets and give 0 or 1."""

from __future__ import annotations

import re
from collections.abc import Callable

from promptsweep.answers import same_number, strict_number
from promptsweep.metrics import tokens
from promptsweep.metrics.define import metric
from promptsweep.types import Sample, nfc


def _any_target(sample: Sample, fits: Callable[[str], bool]) -> bool | None:
    """Whether any target fits; None where the sample has none."""
    return any(fits(target) for target in sample.targets) if sample.targets else None


@metric(kind="binary")
def accuracy(answer: str, sample: Sample) -> bool | None:
    """The answer is one of the targets (0 or 1): its share is the accuracy."""
    given = nfc(answer)
    return _any_target(sample, lambda target: given == nfc(target))


@metric(kind="binary")
def exact_match(answer: str, sample: Sample) -> bool | None:
    """The answer equals a target in every character, but for space around it (0 or 1)."""
    given = nfc(answer).strip()
    return _any_target(sample, lambda target: given == nfc(target).strip())


@metric(kind="binary", signature=lambda: "norm:squad-unicode")
def squad_em(answer: str, sample: Sample) -> bool | None:
    """The answer equals a target without case, punctuation and English articles (SQuAD EM, 0 or 1).

    Rajpurkar et al. 2016; punctuation is that of all scripts, such as Korean brackets and quotes.
    """
    given = tokens.normalised(answer, articles=False)
    return _any_target(sample, lambda target: given == tokens.normalised(target, articles=False))


@metric(kind="binary")
def numeric_match(answer: str, sample: Sample) -> bool | None:
    """The answer is the same number as a target, compared by value (0 or 1)."""
    return _any_target(sample, lambda target: same_number(answer, target))


@metric(kind="binary", reads="reply")
def numeric_match_strict(answer: str, sample: Sample) -> bool | None:
    """As numeric_match, but only a number alone on the reply's last answer line counts (0 or 1)."""
    value = strict_number(answer)
    return _any_target(sample, lambda target: value is not None and same_number(value, target))


@metric(kind="binary")
def contains(
    answer: str, sample: Sample, *, text: str | None = None, ignore_case: bool = False
) -> bool | None:
    """The answer contains the text, or any target where no text is given (0 or 1)."""
    form = _folded if ignore_case else nfc
    given = form(answer)
    if text is not None:
        return form(text) in given
    return _any_target(sample, lambda target: form(target) in given)


@metric(kind="binary")
def regex(answer: str, sample: Sample, *, pattern: re.Pattern[str]) -> bool:  # noqa: ARG001
    """The regular expression matches somewhere in the answer (0 or 1)."""
    return pattern.search(answer) is not None


def _folded(text: str) -> str:
    return nfc(text).casefold()
