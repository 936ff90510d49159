"""The plan of a run: the arms, each bound to all that is needed to run and score it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from promptsweep.answers import Parser
from promptsweep.datasets import Dataset
from promptsweep.datasets.corpus import Corpus
from promptsweep.errors import ConfigError
from promptsweep.metrics import Metric, Scorer
from promptsweep.models import Model
from promptsweep.prompts import Ask, Renderer, Strategy
from promptsweep.prompts.ask import Embeds
from promptsweep.runners.budget import Allowance
from promptsweep.runners.overflow import Overflow
from promptsweep.runners.panels import Panel
from promptsweep.runners.selection import Selection
from promptsweep.runners.tuned import Tuned
from promptsweep.types import JSON, Arm, Completion, Message, Request, Sample


@dataclass(frozen=True, slots=True)
class ScoredArm:
    """An arm with all that is needed to score answers to its samples, wherever they come from."""

    arm: Arm
    dataset: Dataset
    selection: Selection
    parse: Parser
    specs: tuple[str | Mapping[str, Any], ...]
    """The metrics as the sweep or the card names them."""
    scorers: tuple[Scorer, ...]
    """One for each spec."""

    @property
    def metrics(self) -> list[Metric]:
        """Those of the scorers that score one answer at a time."""
        return [scorer for scorer in self.scorers if isinstance(scorer, Metric)]


@dataclass(frozen=True, slots=True)
class PlannedArm(ScoredArm):
    """An arm with all that is needed to run it."""

    model: Model
    strategy: Strategy
    renderer: Renderer
    corpus: Callable[..., Corpus]
    """Makes the corpus of its dataset, once for all arms."""
    embedders: tuple[Model, ...] = ()
    """That of the strategy's parameter `embedder`, where it has one, and those of the metrics."""
    overflow: Overflow | None = None
    """What becomes of prompts that are too long; None: they are sent as they are."""
    panels: tuple[Panel, ...] = ()
    """Its judges."""
    place: tuple[Path, int] | None = None
    """File and line of its strategy; None for an arm that stands in no file."""

    @property
    def own_embedder(self) -> str:
        """Name of the strategy's embedder; empty where it has none."""
        return str(self.renderer.params.get("embedder") or "")

    def ask(self, sample: Sample, send: Any, repeat: int = 0, embedder: Embeds | None = None) -> Ask:
        """An `Ask` for one attempt at a sample; without `embedder` nothing is embedded."""
        return Ask(
            render=lambda stage, variables: self.renderer(sample, stage, variables),
            build=self.request,
            send=send,
            parse=lambda reply: self.parse(reply, sample),
            data=self.renderer.data,
            corpus=self.corpus,
            context=self.renderer.context,
            repeat=repeat,
            embedder=embedder,
        )

    def request(self, messages: tuple[Message, ...], draw: int, own: Mapping[str, JSON]) -> Request:
        """The request of this arm's model; `own` are parameters of this call alone.

        A seed counts up with the draw, or all draws would be alike. ConfigError where the model refuses
        one of `own`.
        """
        params = self.arm.params
        if own:
            self._check(own)
            params = {**params, **own}
        if draw and "seed" in params:
            params = {**params, "seed": params["seed"] + draw}
        return self.model.request(messages, params, draw)

    def _check(self, own: Mapping[str, JSON]) -> None:
        try:
            self.model.check(own)
        except ConfigError as error:
            raise ConfigError(f"strategy {self.strategy.name!r}: {error.message}") from None

    def answer(self, sample: Sample, ask: Ask) -> Awaitable[str]:
        """The strategy's reply to a sample, whose prompts fit the model's context window by `overflow`."""
        return self.apply(sample, ask) if self.overflow is None else self.overflow.answer(self, sample, ask)

    def apply(self, sample: Sample, ask: Ask) -> Awaitable[str]:
        """The strategy's reply to a sample, or to a part of it, however long its prompts are."""
        return self.strategy.function(sample, ask, **self.own_params())

    async def first_messages(self, sample: Sample) -> tuple[Message, ...]:
        """What the strategy would send first, however long it is."""
        return (await _first(self, sample, self.apply)).messages

    def own_params(self) -> dict[str, JSON]:
        """The parameters that the strategy's function takes itself."""
        return {name: self.renderer.params[name] for name in self.strategy.own_params}


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run will do."""

    name: str
    sweep: Mapping[str, JSON]
    """The sweep as data, overrides included."""
    path: str
    arms: tuple[PlannedArm, ...]
    repeats: int
    warnings: tuple[str, ...] = ()
    budget: Allowance | None = None
    """What a run of it may spend at most; None: no limit."""
    tuned: Mapping[str, Tuned] = field(default_factory=dict)
    """Model → where it comes from, for those that were tuned."""

    @property
    def total(self) -> int:
        """Records of the finished run."""
        return sum(planned.selection.count for planned in self.arms) * self.repeats

    @property
    def models(self) -> list[Model]:
        """The models that are asked for answers, each once."""
        return list({planned.arm.model: planned.model for planned in self.arms}.values())

    @property
    def judges(self) -> list[Model]:
        """The models that only judge, each once."""
        judges = (model for planned in self.arms for panel in planned.panels for _, model in panel.models)
        answering = {id(model) for model in self.models}
        return list({id(model): model for model in judges if id(model) not in answering}.values())

    @property
    def named_models(self) -> dict[str, Model]:
        """Candidates and judges by the names that the sweep uses."""
        judges = (pair for planned in self.arms for panel in planned.panels for pair in panel.models)
        return dict([*judges, *((planned.arm.model, planned.model) for planned in self.arms)])

    @property
    def embedders(self) -> list[Model]:
        """The embedders, each once."""
        return list({model.name: model for planned in self.arms for model in planned.embedders}.values())


class _FirstRequestError(Exception):
    def __init__(self, request: Request):
        super().__init__()
        self.request = request


async def first_request(planned: PlannedArm, sample: Sample) -> Request:
    """What an arm sends first for a sample; nothing is sent.

    Raises ConfigError as the run would, with the sweep's line, RequestError where the prompt is refused as
    too long.
    """
    try:
        return await _first(planned, sample, planned.answer)
    except ConfigError as error:
        if error.path is not None or planned.place is None:
            raise
        path, line = planned.place
        raise ConfigError(error.message, path=path, line=line) from None


async def _first(
    planned: PlannedArm, sample: Sample, answer: Callable[[Sample, Ask], Awaitable[str]]
) -> Request:
    async def stop(request: Request) -> Completion:
        raise _FirstRequestError(request)

    try:
        await answer(sample, planned.ask(sample, stop))
    except _FirstRequestError as found:
        return found.request
    raise ConfigError(f"strategy {planned.strategy.name!r} asks no model anything")
