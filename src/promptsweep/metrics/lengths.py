"""Whether an answer has the length that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from promptsweep.metrics.define import metric
from promptsweep.types import JSON, Sample, Score, nfc

Unit: TypeAlias = Literal["words", "chars"]
LENGTH_UNITS: tuple[str, ...] = get_args(Unit)


def length_in(unit: str, text: str) -> int:
    """How many words (what stands between white space) or characters (of the text without ends) there are."""
    return len(text.split()) if unit == "words" else len(nfc(text.strip()))


@metric(kind="binary", signature=lambda unit="words", **_: f"unit:{unit}")
def within_length(
    answer: str,
    sample: Sample,  # noqa: ARG001
    *,
    least: int = 0,
    most: int,
    unit: Unit = "words",
) -> Score:
    """The answer has at least `least` and at most `most` words, or characters with `unit: chars` (0 or 1)."""
    count = length_in(unit, answer)
    return Score(float(least <= count <= most), f"{count} {unit}")


@metric(kind="binary", reads="details")
def complies(
    details: Mapping[str, JSON],
    sample: Sample,  # noqa: ARG001
    *,
    tries: int | None = None,
) -> Score | None:
    """The answer of `retry_to_length` has its length, with no more than so many tries (0 or 1).

    Without `tries`, with all that it made; `{complies: {tries: 1}}` is the rate that the loop began from.
    """
    lengths = next((details[unit] for unit in LENGTH_UNITS if unit in details), None)
    if "complies" not in details or not isinstance(lengths, list):
        return None
    in_time = tries is None or len(lengths) <= tries
    return Score(float(bool(details["complies"]) and in_time), f"lengths: {', '.join(map(str, lengths))}")
