"""Metrics of summaries: length, how much is copied from the source (the sample's input), named entities."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from promptsweep.answers.numerals import numerals, plain, value_of
from promptsweep.metrics import ngrams, tokens
from promptsweep.metrics.define import metric
from promptsweep.types import Sample, Score, nfc


def _signature() -> str:
    return "tok:unicode-words|case:lower"


@metric(kind="descriptive", signature=_signature)
def words(answer: str, sample: Sample) -> float:  # noqa: ARG001
    """Length of the answer in words."""
    return len(tokens.words(answer))


@metric(kind="descriptive")
def chars(answer: str, sample: Sample) -> float:  # noqa: ARG001
    """Length of the answer in characters, spaces included."""
    return len(nfc(answer))


@metric(kind="descriptive", signature=_signature)
def compression(answer: str, sample: Sample) -> float | None:
    """Words of the source for each word of the summary (Grusky 2018): 10 is ten times shorter."""
    summary = tokens.words(answer)
    return len(tokens.words(sample.input)) / len(summary) if summary else None


@metric(kind="descriptive", signature=_signature)
def coverage(answer: str, sample: Sample) -> float | None:
    """Share of the summary's words that stand in passages copied from the source (Grusky 2018, 0–1)."""
    summary = tokens.words(answer)
    return sum(fragments(tokens.words(sample.input), summary)) / len(summary) if summary else None


@metric(kind="descriptive", signature=_signature)
def density(answer: str, sample: Sample) -> float | None:
    """Mean length, over the summary's words, of the copied passage each stands in (Grusky 2018)."""
    summary = tokens.words(answer)
    if not summary:
        return None
    return sum(length**2 for length in fragments(tokens.words(sample.input), summary)) / len(summary)


@metric(kind="descriptive", signature=_signature)
def novel_bigrams(answer: str, sample: Sample) -> float | None:
    """Share of the summary's distinct pairs of words that the source does not have (0–1)."""
    return ngrams.novel(tokens.words(answer), tokens.words(sample.input), 2)


@metric(lower_is_better=True)
def unsupported_numbers(answer: str, sample: Sample) -> Score | None:
    """Share of the answer's numbers, by value, that the source does not have (0–1, lower is better)."""
    given = _numbers(answer)
    if not given:
        return None
    known = set(_numbers(sample.input).values())
    alone = [text for text, value in given.items() if value not in known]
    return Score(len(alone) / len(given), f"not in the source: {', '.join(alone)}" if alone else "")


@metric(kind="graded")
def entity_recall(answer: str, sample: Sample) -> Score | None:
    """Share of the sample's `entities` that the answer names as strings (0–1); none where it lists none."""
    wanted = listed_entities(sample)
    if not wanted:
        return None
    missed = [entity for entity in wanted if not mentions(answer, entity)]
    return Score(1 - len(missed) / len(wanted), f"missed: {', '.join(missed)}" if missed else "")


@metric(kind="descriptive", signature=_signature)
def entity_density(answer: str, sample: Sample) -> float | None:
    """Entities of the sample's list in the answer, for each of its words: a proxy for its density.

    Adams et al. 2023 count the entities that a tagger finds; here only listed ones count, each once.
    """
    wanted, length = listed_entities(sample), len(tokens.words(answer))
    if not wanted or not length:
        return None
    return sum(mentions(answer, entity) for entity in wanted) / length


def fragments(source: Sequence[str], summary: Sequence[str]) -> list[int]:
    """Lengths of the longest passages of the summary that the source has, taken greedily from the left."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(source):
        places.setdefault(word, []).append(place)
    lengths, at = [], 0
    while at < len(summary):
        starts = places.get(summary[at], ())
        longest = max((_common(source, start, summary, at) for start in starts), default=0)
        if longest:
            lengths.append(longest)
        at += max(longest, 1)
    return lengths


def _common(source: Sequence[str], start: int, summary: Sequence[str], at: int) -> int:
    """How many words the two have in common from these places on."""
    most = min(len(source) - start, len(summary) - at)
    return next((n for n in range(most) if source[start + n] != summary[at + n]), most)


def listed_entities(sample: Sample) -> list[str]:
    """The distinct names in the sample's field `entities`; empty where it has no such list."""
    listed = sample.fields.get("entities")
    named = map(str, listed) if isinstance(listed, list | tuple) else ()
    return [entity for entity in dict.fromkeys(named) if entity.strip()]


def mentions(text: str, entity: str) -> bool:
    """Whether a text names an entity: as whole words, whatever their case.

    A particle may follow, as in Korean, but no Latin letter or digit.
    """
    end = r"(?![a-z0-9])" if entity[-1].isascii() else ""
    return re.search(rf"(?<![^\W_]){re.escape(_folded(entity))}{end}", _folded(text)) is not None


def _numbers(text: str) -> dict[str, Decimal]:
    """A text's numbers as they are written, and their values."""
    found = ((one[0].strip(), value_of(one)) for one in numerals(plain(nfc(text))))
    return {written: value for written, value in found if value is not None}


def _folded(text: str) -> str:
    return " ".join(nfc(text).casefold().split())
