"""The sampling parameters a sweep may set: one set of names for every endpoint."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from promptsweep.errors import ConfigError, unknown
from promptsweep.types import JSON

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
FORMATS = ("text", "json_object", "json_schema")
OURS = ("model", "messages", "stream", "n")
"""Fields of the request that promptsweep fills itself, so that `extra` may not."""


class Rule(NamedTuple):
    """Whether a value is possible, and the words for what is."""

    holds: Callable[[JSON], bool]
    wanted: str


def _number(low: float, high: float) -> Rule:
    def holds(value: JSON) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high

    return Rule(holds, f"a number from {low:g} to {high:g}")


def _whole(low: int, high: int | None = None) -> Rule:
    def holds(value: JSON) -> bool:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and value >= low and (high is None or value <= high)

    return Rule(holds, f"a whole number from {low}" + (f" to {high}" if high is not None else " up"))


def _is_stop(value: JSON) -> bool:
    stops = value if isinstance(value, list | tuple) else [value]
    return bool(stops) and all(isinstance(stop, str) and stop for stop in stops)


def _is_format(value: JSON) -> bool:
    return isinstance(value, Mapping) and value.get("type") in FORMATS


def _is_extra(value: JSON) -> bool:
    return isinstance(value, Mapping) and not any(name in value for name in OURS)


RULES: Mapping[str, Rule] = {
    "temperature": _number(0, 2),
    "top_p": _number(0, 1),
    "max_tokens": _whole(1),
    "stop": Rule(_is_stop, "a text or a list of texts, none of them empty"),
    "seed": _whole(0, 2**63 - 1),
    "reasoning_effort": Rule(lambda value: value in EFFORTS, f"one of {', '.join(EFFORTS)}"),
    "response_format": Rule(_is_format, f"a mapping whose `type` is one of {', '.join(FORMATS)}"),
    "frequency_penalty": _number(-2, 2),
    "presence_penalty": _number(-2, 2),
    "logprobs": Rule(lambda value: isinstance(value, bool), "true or false"),
    "top_logprobs": _whole(0, 20),
    "extra": Rule(_is_extra, f"a mapping of further request fields, without {', '.join(OURS)}"),
}
"""Every parameter, and what it may be. `extra` holds fields that are passed on as they are."""


def check(params: Mapping[str, JSON], refused: Collection[str] = (), by: str = "the model") -> None:
    """Raises ConfigError for an unknown or refused parameter, or a value that no endpoint takes."""
    for name, value in params.items():
        if name == "n":
            raise ConfigError("'n' is not a parameter: use `repeats`, or the strategy self_consistency")
        if name not in RULES:
            raise ConfigError(unknown("parameter", name, RULES))
        if name in refused:
            raise ConfigError(f"{by} does not take {name!r} (a field under `extra` is passed on unchecked)")
        if not RULES[name].holds(value):
            raise ConfigError(f"{name} must be {RULES[name].wanted}, not {value!r}")


def translate(params: Mapping[str, JSON], names: Mapping[str, str]) -> dict[str, JSON]:
    """Parameters in an endpoint's own names, the fields under `extra` beside them."""
    own = {names.get(name, name): value for name, value in params.items() if name != "extra"}
    return own | dict(params.get("extra", {}))
