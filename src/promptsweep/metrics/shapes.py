"""Whether an answer that is JSON has the form of its target, whatever the values in it."""

from __future__ import annotations

from collections.abc import Sequence

from promptsweep.answers import json_value
from promptsweep.metrics.define import metric
from promptsweep.types import JSON, Sample, Score, nfc


@metric(kind="binary")
def target_shape(answer: str, sample: Sample) -> Score | None:
    """The answer has the fields of a target and no others, each with a value of the same type (0 or 1).

    The target stands for a schema, where the dataset has none (else: `schema_valid`). A field that is null
    in it may be absent or of any type; each item of a list must fit one of the target's, where it has any.
    """
    if not sample.targets:
        return None
    given = json_value(answer)
    if given is None:
        return Score(0.0, "holds no JSON object or array")
    wanted = [target for target in map(json_value, sample.targets) if target is not None]
    problems = [_misfit(given.value, target.value, "the answer") for target in wanted]
    return Score(1.0) if None in problems else Score(0.0, str(next(iter(problems), "the target is no JSON")))


def _misfit(given: JSON, wanted: JSON, path: str) -> str | None:
    """The first thing that does not fit, in words; None where all does."""
    if wanted is None:
        return None
    if _kind(given) != _kind(wanted):
        return f"{path} is {_kind(given)}, not {_kind(wanted)}"
    if isinstance(wanted, dict):
        return _misfit_object(given, wanted, path)
    if isinstance(wanted, list) and wanted:
        each = ([_misfit(item, one, f"{path}[]") for one in wanted] for item in given)
        return next((problems[0] for problems in each if None not in problems), None)
    return None


def _misfit_object(given: dict[str, JSON], wanted: dict[str, JSON], path: str) -> str | None:
    given, wanted = ({nfc(key): value for key, value in one.items()} for one in (given, wanted))
    missing = [key for key, value in wanted.items() if value is not None and key not in given]
    extra = [key for key in given if key not in wanted]
    if missing or extra:
        return f"{path} lacks {missing[0]!r}" if missing else f"{path} has {extra[0]!r} besides"
    inner = (_misfit(given[key], value, f"{path}.{key}") for key, value in wanted.items() if key in given)
    return next((problem for problem in inner if problem), None)


def _kind(value: JSON) -> str:
    """JSON's own names of the types; a truth value is no number."""
    names: Sequence[tuple[type, str]] = (
        (bool, "boolean"),
        (dict, "an object"),
        (list, "an array"),
        (str, "a string"),
        (object, "a number"),
    )
    return "null" if value is None else next(name for kind, name in names if isinstance(value, kind))
