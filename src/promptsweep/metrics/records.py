"""Metrics for answers that are JSON: validity, equality, and field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from promptsweep.answers import json_value
from promptsweep.answers.schemas import misfits
from promptsweep.metrics.define import metric
from promptsweep.types import JSON, Sample, Score, digest, nfc

Field: TypeAlias = tuple[str, str, str | float | bool]
"""Path, type and value of one leaf: ("items[].price", "number", 3.5)."""

_NO_JSON = "holds no JSON object or array"


@metric(kind="binary", reads="reply")
def json_valid(answer: str, sample: Sample) -> Score:  # noqa: ARG001
    """The whole reply is one JSON object or array, with nothing around it and nothing to mend (0 or 1)."""
    found = json_value(answer)
    if found is None:
        return Score(0.0, _NO_JSON)
    return Score(float(found.strict), "" if found.strict else f"repairs needed: {found.repairs}")


@metric(kind="binary", reads="reply", signature=lambda schema, **_: f"schema:{digest(schema)[:8]}")
def schema_valid(
    answer: str,
    sample: Sample,  # noqa: ARG001
    *,
    schema: Mapping[str, JSON],
    strict: bool = False,
) -> Score:
    """The reply holds JSON that fits the JSON Schema of the dataset, right or wrong in content (0 or 1).

    Fences, prose around and trailing commas are mended first, unless it is `strict`.
    """
    found = json_value(answer)
    if found is None:
        return Score(0.0, _NO_JSON)
    if strict and not found.strict:
        return Score(0.0, f"repairs needed: {found.repairs}")
    faults = misfits(found.value, schema)
    return Score(float(not faults), "; ".join(faults))


@metric(kind="descriptive", reads="reply")
def mended(answer: str, sample: Sample) -> float | None:  # noqa: ARG001
    """What had to be mended to read the reply's JSON: fences, prose, trailing commas (a count from 0)."""
    found = json_value(answer)
    return None if found is None else float(found.repairs)


@metric(kind="descriptive", reads="details")
def repairs(details: Mapping[str, JSON], sample: Sample) -> float | None:  # noqa: ARG001
    """How often the model was asked to repair its JSON, as `structured` noted (a count from 0)."""
    noted = details.get("repairs")
    return float(noted) if isinstance(noted, int) else None


@metric(kind="binary")
def json_exact(answer: str, sample: Sample) -> bool | None:
    """The answer is the same JSON value as a target: numbers by value, keys in any order (0 or 1)."""
    if not sample.targets:
        return None
    value = parsed(answer)
    return value is not None and any(_typed(value) == _typed(parsed(target)) for target in sample.targets)


@metric(kind="graded")
def field_f1(answer: str, sample: Sample) -> Score | None:
    """F1 over the fields of one record: same path and same value (0–1), for the target that fits best.

    Items of a list share a path and may come in any order; null and empty containers are no fields. Texts
    are compared without case and with single spaces, numbers by value.
    """
    if not sample.targets:
        return None
    value = parsed(answer)
    if value is None:
        return Score(0.0, _NO_JSON)
    given = Counter(leaves(value))
    scores = [_fields_score(given, Counter(leaves(parsed(target)))) for target in sample.targets]
    return max(scores, key=lambda score: score.value)


@metric(kind="graded", lower_is_better=True)
def hallucinated_fields(answer: str, sample: Sample) -> Score | None:
    """Share of the answered fields that the target lacks, whatever their value (0–1, lower is better)."""
    if not sample.targets:
        return None
    value = parsed(answer)
    if value is None:
        return Score(1.0, _NO_JSON)
    given = _paths(value)
    scores = [_extra_score(given, _paths(parsed(target))) for target in sample.targets]
    return min(scores, key=lambda score: score.value)


def _fields_score(given: Counter[Field], wanted: Counter[Field]) -> Score:
    total = given.total() + wanted.total()
    shared = (given & wanted).total()
    missed = sorted({path for path, _, _ in wanted - given})
    extra = sorted({path for path, _, _ in given - wanted})
    notes = [f"{word}: {', '.join(paths)}" for word, paths in (("missed", missed), ("wrong", extra)) if paths]
    return Score(2 * shared / total if total else 1.0, "; ".join(notes))


def _extra_score(given: Counter[str], wanted: Counter[str]) -> Score:
    extra = given - wanted
    share = extra.total() / given.total() if given else 0.0
    return Score(share, f"not in the target: {', '.join(sorted(extra))}" if extra else "")


def _paths(value: JSON) -> Counter[str]:
    return Counter(path for path, _, _ in leaves(value))


def parsed(text: str) -> JSON:
    """The value in a JSON text; None where there is none."""
    found = json_value(text)
    return None if found is None else found.value


def leaves(value: JSON, path: str = "") -> Iterator[Field]:
    """The leaves of a JSON value, in the form in which they are compared."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{nfc(key)}" if path else nfc(key))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    elif isinstance(value, str):
        yield path, "text", " ".join(nfc(value).casefold().split())
    elif value is not None:
        yield path, "truth" if isinstance(value, bool) else "number", value


def _typed(value: JSON) -> JSON:
    """The value with its truth values marked, since Python takes True for 1; texts in NFC."""
    if isinstance(value, dict):
        return {nfc(key): _typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    if isinstance(value, bool):
        return ("truth", value)
    return nfc(value) if isinstance(value, str) else value
