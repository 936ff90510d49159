"""What two arms sent: their templates, where the workspace still has them, and the messages themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateNotFound

from promptsweep.prompts.templates import TEMPLATE, Templates
from promptsweep.reports.calls import TraceCall
from promptsweep.reports.opponents import Opponents
from promptsweep.reports.rows import FILES
from promptsweep.reports.store import loads
from promptsweep.reports.traces import Trace
from promptsweep.types import digest
from promptsweep.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Source:
    """A template that an arm used."""

    name: str
    """`few_shot/answer.j2`"""
    address: str
    """Digest of its text when it was used."""
    text: str | None
    """None where the workspace no longer has that text: the store keeps only the address."""


@dataclass(frozen=True, slots=True)
class SourcePair:
    """The template of one place in both arms; None in an arm that has none there."""

    a: Source | None
    b: Source | None

    @property
    def same(self) -> bool:
        """Whether both arms used the same text."""
        return self.a is not None and self.b is not None and self.a.address == self.b.address


def sources(opponents: Opponents, workspace: Workspace) -> list[SourcePair]:
    """The templates of two arms, those of the same stage side by side."""
    [(a, b)] = opponents
    templates = Templates(workspace.roots)
    one, other = (dict(_sources(arm, templates)) for arm in (a, b))
    return [SourcePair(one.get(place), other.get(place)) for place in dict.fromkeys([*one, *other])]


def transcript(trace: Trace) -> str:
    """All that was sent for a record, call by call; replies are in it where a later call repeats them."""
    return "\n\n".join(_told(place, call) for place, call in enumerate(trace.calls, 1))


def settings(opponents: Opponents) -> Mapping[str, tuple[str, str]]:
    """What else differs between two arms, by name: strategy, model, system message and parameters.

    An empty text stands for what an arm does not set.
    """
    [(a, b)] = opponents
    one, other = (_settings(arm) for arm in (a, b))
    return {
        name: (one.get(name, ""), other.get(name, ""))
        for name in dict.fromkeys([*one, *other])
        if one.get(name) != other.get(name)
    }


def _sources(arm: Any, templates: Templates) -> Iterator[tuple[str, Source]]:
    """Place (its name within the strategy) → template."""
    for name, address in loads(arm.digests).get(FILES, {}).items():
        if name.endswith(TEMPLATE):
            text = _text(name, templates)
            known = text is not None and digest(text) == address
            yield name.removeprefix(f"{arm.strategy}/"), Source(name, address, text if known else None)


def _text(name: str, templates: Templates) -> str | None:
    try:
        return templates.source(name)
    except (TemplateNotFound, UnicodeDecodeError):
        return None


def _told(place: int, call: TraceCall) -> str:
    turns = [f"[{message.role}]\n{message.content}" for message in call.messages]
    return "\n\n".join([f"== {place} · {call.stage} ==", *turns])


def _settings(arm: Any) -> dict[str, str]:
    """Names and parameters, each as text."""
    params = {**loads(arm.strategy_params), **loads(arm.params)}
    named = {"strategy": arm.strategy, "model": arm.model, "system": arm.system}
    found = {**named, "dataset": arm.dataset, "split": arm.split, **params}
    return {name: str(value) for name, value in found.items() if value is not None}
