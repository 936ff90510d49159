"""An arm's strategy bound to its dataset and examples: sample and stage → messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Template

from promptsweep.prompts.strategies import SHOT_PARAMS, Strategy
from promptsweep.prompts.templates import TEMPLATE, Templates, render
from promptsweep.types import JSON, Message, Sample

Pick = Callable[[Sample, Mapping[str, JSON]], Sequence[Sample]]
"""Sample and shot parameters → the worked examples to show."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders the stages of one arm. The sample's targets are not among the variables."""

    templates: Templates
    strategy: Strategy
    context: Mapping[str, JSON]
    """What the dataset says of itself: task, instruction, form, labels, language, dataset."""
    params: Mapping[str, JSON]
    """All of the strategy's parameters."""
    pick: Pick | None = None
    persona: Template | None = None
    """Its text comes first in the system message."""
    _stages: dict[str, Template] = field(default_factory=dict)

    def __call__(self, sample: Sample, stage: str, variables: Mapping[str, JSON]) -> tuple[Message, ...]:
        """The messages of a stage. Stage variables win over parameters, these over the sample's fields.

        A stage with a slash is another folder's: `overflow/merge`.
        """
        known = {**self.context, **sample.fields, "input": sample.input, **self.params}
        if self.strategy.uses_shots:
            known["shots"] = self._shots(sample)
        known |= variables
        messages = render(self._stage(stage), known)
        return messages if self.persona is None else _with_persona(self.persona, known, messages)

    def data(self, name: str) -> JSON:
        """What a JSON file in the strategy's folder holds."""
        return self.templates.data(f"{self.strategy.name}/{name}")

    def reads(self) -> set[str]:
        """Variables of all templates of the strategy."""
        names = (f"{self.strategy.name}/{stage}{TEMPLATE}" for stage in self.strategy.stages)
        return {found for name in names for found in self.templates.variables(name)}

    def _stage(self, stage: str) -> Template:
        template = self._stages.get(stage)
        if template is None:
            folder = "" if "/" in stage else f"{self.strategy.name}/"
            template = self.templates.get(f"{folder}{stage}{TEMPLATE}")
            self._stages[stage] = template
        return template

    def _shots(self, sample: Sample) -> list[dict[str, Any]]:
        """The worked examples as templates see them: `input`, `target` and the row's other columns."""
        wanted = {name: self.params[name] for name in SHOT_PARAMS}
        if self.pick is None or not wanted["k"]:
            return []
        return [
            {**shot.fields, "input": shot.input, "target": shot.targets[0] if shot.targets else ""}
            for shot in self.pick(sample, wanted)
        ]


def _with_persona(
    persona: Template, known: Mapping[str, JSON], messages: tuple[Message, ...]
) -> tuple[Message, ...]:
    """One system message that says who speaks, then what the strategy's own system message says."""
    text = "\n\n".join(message.content for message in render(persona, known))
    if messages and messages[0].role == "system":
        text, messages = f"{text}\n\n{messages[0].content}", messages[1:]
    return (Message("system", text), *messages)
