"""Sweep → plan: the arms, each bound to its model, dataset, templates and metrics, and checked."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

from promptsweep import metrics as metric_room
from promptsweep import models as model_room
from promptsweep.answers import Parser, parser
from promptsweep.datasets import Dataset, Shots
from promptsweep.datasets import load as load_dataset
from promptsweep.datasets.corpus import Corpus
from promptsweep.embeddings import NAME
from promptsweep.errors import ConfigError, RequestError, unknown
from promptsweep.metrics import Judge, Metric, Scorer
from promptsweep.models import Model, embedders
from promptsweep.models.contexts import context_window
from promptsweep.prompts import Ask, Renderer, Strategy, Templates
from promptsweep.prompts import load as load_strategy
from promptsweep.prompts.ask import Embeds
from promptsweep.prompts.templates import UNEDITED, Edits
from promptsweep.runners.budget import Allowance
from promptsweep.runners.costs import reply_cap, worst_case
from promptsweep.runners.overflow import Overflow, overflow_of
from promptsweep.runners.panels import Panel, Panels
from promptsweep.runners.selection import Known, Selection, nothing_known
from promptsweep.runners.sweep import SweepFile, Variant
from promptsweep.runners.tuned import Tuned
from promptsweep.types import JSON, Arm, Completion, Message, Request, Sample, digest
from promptsweep.workspace import Workspace


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


class Planner:
    """Loads everything a sweep names, each thing once."""

    def __init__(
        self,
        file: SweepFile,
        workspace: Workspace,
        models: Mapping[str, Model] | None = None,
        known: Known = nothing_known,
        edits: Edits = UNEDITED,
        *,
        load_embedder: Callable[[str, Workspace], Model] = embedders.load,
    ):
        """`edits` are texts in place of templates' files, as `Templates` takes them."""
        self._load_embedder = load_embedder
        self._file, self._sweep, self._workspace, self._known = file, file.sweep, workspace, known
        self._templates = Templates(workspace.roots, edits)
        self._models, self._embedders = dict(models or {}), dict(models or {})
        self._datasets: dict[str, Dataset] = {}
        self._selections: dict[tuple[str, int | None], Selection] = {}
        self._shots: dict[str, Shots] = {}
        self._corpora: dict[tuple[str, int, int], Corpus] = {}
        self._strategies: dict[str, Strategy] = {}
        self._warnings: dict[str, None] = {}
        self._judges = Panels(self._templates, self._judging_model)

    def plan(self) -> Plan:
        """The plan; ConfigError for the first thing that is wrong, with the sweep's line."""
        arms = [arm for variant in self._file.variants() for arm in self._arms(variant)]
        if not arms:
            raise self._file.error("the sweep has no arm: no strategy, model or dataset is listed")
        return Plan(
            name=self._sweep.name,
            sweep=cast("Mapping[str, JSON]", _as_data(self._sweep)),
            path=str(self._file.path),
            arms=_labelled(_distinct(arms)),
            repeats=self._sweep.repeats,
            warnings=tuple(self._warnings),
            budget=self._sweep.budget,
        )

    def _arms(self, variant: Variant) -> Iterator[PlannedArm]:
        strategy = self._strategy(variant)
        for dataset_name in variant.datasets:
            dataset = self._dataset(dataset_name)
            for model_name in variant.models:
                model = self._model(model_name)
                for persona in variant.system:
                    for params in variant.model_params:
                        yield self._arm(variant, strategy, dataset, model, model_name, persona, params)

    def _arm(
        self,
        variant: Variant,
        strategy: Strategy,
        dataset: Dataset,
        model: Model,
        model_name: str,
        persona: str,
        params: Mapping[str, JSON],
    ) -> PlannedArm:
        self._check_params(model, params)
        selection = self._selection(dataset, variant.limit)
        complete = strategy.complete(variant.params)
        renderer = Renderer(
            templates=self._templates,
            strategy=strategy,
            context=dataset.context,
            params=complete,
            pick=self._picker(strategy, complete, dataset, selection, variant),
            persona=None if persona == "none" else self._persona(persona),
        )
        overflow = self._overflow(variant, renderer, model, params)
        specs = self._metric_specs(dataset)
        scorers = self._scorers(specs, dataset)
        panels = tuple(self._panels(scorers, dataset, model))
        signed = {panel.metric.name: panel.metric for panel in panels}
        own = self._embedder(complete["embedder"], *variant.at) if complete.get("embedder") else None
        arm = Arm(
            strategy=strategy.name,
            strategy_params=dict(variant.params) | ({"overflow": overflow.policy} if overflow else {}),
            model=model_name,
            params=dict(params),
            dataset=dataset.name,
            split=selection.split,
            system=None if persona == "none" else persona,
            metrics=tuple(scorer.name for scorer in scorers),
            digests=self._digests(strategy, complete, model, dataset, selection, persona)
            | ({"embedder": digest(own.digest, own.form.as_json())} if own else {})
            | ({"overflow": overflow.digest(self._templates)} if overflow else {}),
            files=self._files(strategy, dataset, persona)
            | (overflow.files(self._templates) if overflow else {}),
        )
        return PlannedArm(
            arm=arm,
            model=model,
            strategy=strategy,
            renderer=renderer,
            corpus=partial(self._corpus, dataset),
            embedders=(*([own] if own else []), *self._metric_embedders(scorers)),
            overflow=overflow,
            dataset=dataset,
            selection=selection,
            parse=parser(dataset.card.task, dataset.card.labels, dataset.card.answer_pattern),
            specs=tuple(specs),
            scorers=tuple(signed.get(one.name, one) for one in scorers),
            panels=panels,
        )

    def _digests(
        self,
        strategy: Strategy,
        complete: Mapping[str, JSON],
        model: Model,
        dataset: Dataset,
        selection: Selection,
        persona: str,
    ) -> dict[str, str]:
        """What an arm's identity covers besides its names and parameters."""
        found = {
            "strategy": strategy.digest,
            "model": model.digest,
            "dataset": dataset.digest(selection.split),
        }
        if strategy.uses_shots and complete["k"]:
            found["examples"] = dataset.digest("train")
        if selection.limit is not None:
            found["selection"] = digest(selection.limit, self._sweep.seed)
        if persona != "none":
            found["system"] = self._templates.digest([f"system/{persona}.j2"])
        return found

    def _files(self, strategy: Strategy, dataset: Dataset, persona: str) -> dict[str, str]:
        """What can be edited, piece by piece, so that a check can say which piece was."""
        personas = [] if persona == "none" else [f"system/{persona}.j2"]
        card = {f"{dataset.name}.yaml": digest(dataset.context)}
        return {**strategy.files, **self._templates.digests(personas), **card}

    def _picker(
        self,
        strategy: Strategy,
        params: Mapping[str, JSON],
        dataset: Dataset,
        selection: Selection,
        variant: Variant,
    ) -> Any:
        if not strategy.uses_shots or not params["k"]:
            return None
        if selection.split == "train":
            message = f"{strategy.name} takes its examples from the train split, which is evaluated here"
            raise self._file.error(message, *variant.at)
        try:
            shots = self._examples(dataset)
            first = next(iter(selection))
            shots.pick(first, params["k"], params["select"], params["shot_seed"], params["order"])
        except ConfigError as error:
            raise self._located(error, *variant.at) from None

        def pick(sample: Sample, wanted: Mapping[str, JSON]) -> Sequence[Sample]:
            return shots.pick(sample, wanted["k"], wanted["select"], wanted["shot_seed"], wanted["order"])

        return pick

    def _examples(self, dataset: Dataset) -> Shots:
        if dataset.name not in self._shots:
            by_target = dataset.card.task == "classification"
            self._shots[dataset.name] = Shots(list(dataset.samples("train")), by_target)
        return self._shots[dataset.name]

    def _corpus(self, dataset: Dataset, chunk: int = 0, overlap: int = 0) -> Corpus:
        key = (dataset.name, chunk, overlap if chunk else 0)
        if key not in self._corpora:
            self._corpora[key] = self._corpus(dataset).split(chunk, overlap) if chunk else dataset.corpus()
        return self._corpora[key]

    def _metric_embedders(self, scorers: Sequence[Scorer]) -> list[Model]:
        """Those that are asked before an answer is scored: the one in this process is asked by the metric."""
        named = [one.embedder for one in scorers if isinstance(one, Metric) and one.embedder is not None]
        return [self._embedder(name, "metrics") for name in dict.fromkeys(named) if name != NAME]

    def _embedder(self, name: str, *at: str | int) -> Model:
        if name not in self._embedders:
            try:
                self._embedders[name] = self._load_embedder(str(name), self._workspace)
            except ConfigError as error:
                raise self._located(error, *at) from None
        return self._embedders[name]

    def _overflow(
        self, variant: Variant, renderer: Renderer, model: Model, params: Mapping[str, JSON]
    ) -> Overflow | None:
        """What the sweep says of prompts that are too long for this model."""
        if variant.overflow == "send":
            return None
        window, cap = context_window(model.name, self._workspace), reply_cap(model.request((), params, 0))
        try:
            return overflow_of(variant.overflow, renderer, model, window, cap)
        except ConfigError as error:
            at = variant.at if self._sweep.overflow == "send" else ("overflow",)
            raise self._located(error, *at) from None

    def _persona(self, name: str) -> Any:
        known = self._workspace.names("prompts/system", ".j2")
        if name not in known:
            raise self._file.error(unknown("system message", name, ["none", *known]), "system")
        return self._templates.get(f"system/{name}.j2")

    def _metric_specs(self, dataset: Dataset) -> Sequence[str | Mapping[str, Any]]:
        return self._sweep.metrics or dataset.card.metrics or metric_room.defaults(dataset.card.task)

    def _scorers(self, specs: Sequence[str | Mapping[str, Any]], dataset: Dataset) -> tuple[Scorer, ...]:
        try:
            return metric_room.resolve(specs, dataset.card.task, self._workspace.root, dataset.card.schema)
        except metric_room.MetricError as error:
            raise self._located(error, "metrics", error.place) from None
        except ConfigError as error:
            raise self._located(error, "metrics") from None

    def _panels(self, scorers: Sequence[Scorer], dataset: Dataset, model: Model) -> Iterator[Panel]:
        for place, one in enumerate(scorers):
            if isinstance(one, Judge):
                try:
                    yield self._judges.load(one, dataset.context, model.form.model)
                except ConfigError as error:
                    raise self._located(error, "metrics", place) from None

    def _judging_model(self, name: str) -> Model:
        if name not in self._models:
            self._models[name] = model_room.load(name, self._workspace)
        return self._models[name]

    def _selection(self, dataset: Dataset, limit: int | None) -> Selection:
        key = (dataset.name, limit)
        if key not in self._selections:
            split = dataset.split(self._sweep.split)
            self._selections[key] = Selection.of(dataset, split, limit, self._sweep.seed, self._known)
            self._warnings |= dict.fromkeys(self._selections[key].warnings)
        return self._selections[key]

    def _strategy(self, variant: Variant) -> Strategy:
        try:
            if variant.strategy not in self._strategies:
                found = load_strategy(variant.strategy, self._templates, self._workspace)
                self._strategies[variant.strategy] = found
            self._strategies[variant.strategy].complete(variant.params)
        except ConfigError as error:
            raise self._located(error, *variant.at) from None
        return self._strategies[variant.strategy]

    def _dataset(self, name: str) -> Dataset:
        if name not in self._datasets:
            try:
                self._datasets[name] = load_dataset(name, self._workspace)
            except ConfigError as error:
                raise self._located(error, "datasets") from None
        return self._datasets[name]

    def _model(self, name: str) -> Model:
        if name not in self._models:
            try:
                self._models[name] = model_room.load(name, self._workspace)
            except ConfigError as error:
                raise self._located(error, "models") from None
        return self._models[name]

    def _check_params(self, model: Model, params: Mapping[str, JSON]) -> None:
        try:
            model.check(params)
        except ConfigError as error:
            raise self._located(error, "params") from None

    def _located(self, error: ConfigError, *at: str | int) -> ConfigError:
        """The error at the sweep's line, unless it already names a file of its own."""
        return error if error.path is not None else self._file.error(error.message, *at)


def _as_data(sweep: Any) -> dict[str, JSON]:
    from dataclasses import asdict, fields

    data = asdict(sweep)
    defaults = {one.name: one.default for one in fields(sweep)}
    return {name: value for name, value in data.items() if value != defaults[name] and value != {}}


def _distinct(arms: Sequence[PlannedArm]) -> list[PlannedArm]:
    """Each arm once: two entries of a sweep may mean the same."""
    return list({planned.arm.key: planned for planned in arms}.values())


def _labelled(arms: Sequence[PlannedArm]) -> tuple[PlannedArm, ...]:
    """Arms with readable names that are unique: parameters that vary on their dataset are in them."""
    values: dict[tuple[str, str], set[str]] = {}
    for planned in arms:
        for name in {name for one in arms for name in one.arm.params}:
            value = planned.arm.params.get(name)
            values.setdefault((planned.arm.dataset, name), set()).add(digest(value))
    named = []
    for planned in arms:
        arm = planned.arm
        varying = [name for name in arm.params if len(values[arm.dataset, name]) > 1]
        shown = [f"{name}={json.dumps(arm.params[name], ensure_ascii=False)}" for name in varying]
        label = " | ".join([arm.variant, *shown, arm.model, arm.dataset])
        named.append(replace(planned, arm=replace(arm, label=label)))
    return tuple(named)


class _FirstRequestError(Exception):
    def __init__(self, request: Request):
        super().__init__()
        self.request = request


async def first_request(planned: PlannedArm, sample: Sample) -> Request:
    """What an arm sends first for a sample; nothing is sent.

    Raises ConfigError as the run would, RequestError where the prompt is refused as too long.
    """
    return await _first(planned, sample, planned.answer)


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


async def probe(plan: Plan) -> None:
    """Renders the first sample of every arm, so that a broken template costs nothing.

    Raises ConfigError also where the plan's budget cannot be kept, as the worst case of a request is unknown.
    """
    for planned in plan.arms:
        try:
            request = await first_request(planned, next(iter(planned.selection)))
        except RequestError:  # too long: this sample's error, not the run's
            continue
        if plan.budget is not None:
            plan.budget.check(worst_case(request, planned.model), planned.arm.label)
        for panel in planned.panels:
            _probe_judges(panel, next(iter(planned.selection)), plan.budget)
    for embedder in plan.embedders:
        if plan.budget is not None:
            text = embedder.request((Message("user", ""),), {}, 0)
            plan.budget.check(worst_case(text, embedder), embedder.name)


def _probe_judges(panel: Panel, sample: Sample, budget: Allowance | None) -> None:
    for place, (name, model) in enumerate(panel.models):
        request = panel.empty_request(place, sample)
        if budget is not None:
            budget.check(worst_case(request, model), f"{panel.metric.name} by {name}")
