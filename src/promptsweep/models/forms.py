"""What a model makes of messages and parameters before they are sent: a value, so that it can be kept.

A run notes the form of each of its models. With that alone, a recording builds the very requests (and keys)
of the live model: no key, no endpoint and no model file is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import ClassVar

from promptsweep.models import params
from promptsweep.types import JSON, Message, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestForm:
    """All that a model adds to a request, or changes in it."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    model: str
    """The model's name as the endpoint knows it."""
    base_url: str
    defaults: dict[str, JSON] = field(default_factory=dict)
    """Sampling parameters where the sweep gives none."""
    names: dict[str, str] = field(default_factory=dict)
    """The endpoint's own names for parameters."""
    refused: list[str] = field(default_factory=list)
    """Parameters that the model does not take."""
    draw_is_seed: bool = False
    """Where no `seed` is given, the draw is the seed."""
    stop: str | None = None
    """A text at which every reply ends, whatever `stop` is given."""
    json_object: bool = False
    """Whether a `response_format` with a schema is sent as `json_object`, which knows no schema."""
    think_tags: bool = False
    """Whether reasoning stands in the reply as `<think>…</think>`, to be told apart from the answer."""

    def check(self, given: Mapping[str, JSON], by: str) -> None:
        """Raises ConfigError for a parameter that the model refuses, or a value no endpoint takes."""
        params.check(given, self.refused, by)

    def request(self, messages: tuple[Message, ...], given: Mapping[str, JSON], draw: int) -> Request:
        """The request as it is sent."""
        seed = {"seed": draw} if self.draw_is_seed else {}
        merged = params.translate({**self.defaults, **seed, **given}, self.names)
        if self.stop is not None:
            merged["stop"] = _with(self.stop, merged.get("stop"))
        if self.json_object and _has_schema(merged.get("response_format")):
            merged["response_format"] = {"type": "json_object"}
        # A reply that is read otherwise is another reply: the fragment makes it so, and is never sent.
        base_url = f"{self.base_url}#think_tags" if self.think_tags else self.base_url
        return Request(self.model, base_url, messages, merged, draw)

    def as_json(self) -> dict[str, JSON]:
        """The fields that say anything, as JSON."""
        return {name: value for name, value in asdict(self).items() if value not in ({}, [], False, None)}


def _has_schema(response_format: JSON) -> bool:
    return isinstance(response_format, Mapping) and response_format.get("type") == "json_schema"


def _with(stop: str, given: JSON) -> list[str]:
    stops = [given] if isinstance(given, str) else list(given or ())
    return stops if stop in stops else [*stops, stop]
