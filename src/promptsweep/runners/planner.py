"""Sweep → plan: loads everything a sweep names, and checks it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, cast

from promptsweep import metrics as metric_room
from promptsweep import models as model_room
from promptsweep.answers import parser
from promptsweep.config import line_of
from promptsweep.datasets import Dataset, Shots
from promptsweep.datasets import load as load_dataset
from promptsweep.datasets.corpus import Corpus
from promptsweep.embeddings import NAME
from promptsweep.errors import ConfigError, unknown
from promptsweep.metrics import Judge, Metric, Scorer
from promptsweep.models import Model, embedders
from promptsweep.models.contexts import context_window
from promptsweep.prompts import Renderer, Strategy, Templates
from promptsweep.prompts import load as load_strategy
from promptsweep.prompts.templates import UNEDITED, Edits
from promptsweep.runners.costs import reply_cap
from promptsweep.runners.labels import distinct, labelled
from promptsweep.runners.overflow import Overflow, overflow_of
from promptsweep.runners.panels import Panel, Panels
from promptsweep.runners.plan import Plan, PlannedArm
from promptsweep.runners.selection import Known, Selection, nothing_known
from promptsweep.runners.sweep import SweepFile, Variant, as_data
from promptsweep.types import JSON, Arm, Sample, digest
from promptsweep.workspace import Workspace


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
            sweep=cast("Mapping[str, JSON]", as_data(self._sweep)),
            path=str(self._file.path),
            arms=labelled(distinct(arms)),
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
        line = line_of(self._file.data, variant.at)
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
            place=None if line is None else (self._file.path, line),
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
        with self._at(*variant.at):
            shots = self._examples(dataset)
            first = next(iter(selection))
            shots.pick(first, params["k"], params["select"], params["shot_seed"], params["order"])

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
            with self._at(*at):
                self._embedders[name] = self._load_embedder(str(name), self._workspace)
        return self._embedders[name]

    def _overflow(
        self, variant: Variant, renderer: Renderer, model: Model, params: Mapping[str, JSON]
    ) -> Overflow | None:
        """What the sweep says of prompts that are too long for this model."""
        if variant.overflow == "send":
            return None
        window, cap = context_window(model.name, self._workspace), reply_cap(model.request((), params, 0))
        with self._at(*(variant.at if self._sweep.overflow == "send" else ("overflow",))):
            return overflow_of(variant.overflow, renderer, model, window, cap)

    def _persona(self, name: str) -> Any:
        known = self._workspace.names("prompts/system", ".j2")
        if name not in known:
            raise self._file.error(unknown("system message", name, ["none", *known]), "system")
        return self._templates.get(f"system/{name}.j2")

    def _metric_specs(self, dataset: Dataset) -> Sequence[str | Mapping[str, Any]]:
        return self._sweep.metrics or dataset.card.metrics or metric_room.defaults(dataset.card.task)

    def _scorers(self, specs: Sequence[str | Mapping[str, Any]], dataset: Dataset) -> tuple[Scorer, ...]:
        with self._at("metrics"):
            return metric_room.resolve(specs, dataset.card.task, self._workspace.root, dataset.card.schema)

    def _panels(self, scorers: Sequence[Scorer], dataset: Dataset, model: Model) -> Iterator[Panel]:
        for place, one in enumerate(scorers):
            if isinstance(one, Judge):
                with self._at("metrics", place):
                    yield self._judges.load(one, dataset.context, model.form.model)

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
        with self._at(*variant.at):
            if variant.strategy not in self._strategies:
                found = load_strategy(variant.strategy, self._templates, self._workspace)
                self._strategies[variant.strategy] = found
            self._strategies[variant.strategy].complete(variant.params)
        return self._strategies[variant.strategy]

    def _dataset(self, name: str) -> Dataset:
        if name not in self._datasets:
            with self._at("datasets"):
                self._datasets[name] = load_dataset(name, self._workspace)
        return self._datasets[name]

    def _model(self, name: str) -> Model:
        if name not in self._models:
            with self._at("models"):
                self._models[name] = model_room.load(name, self._workspace)
        return self._models[name]

    def _check_params(self, model: Model, params: Mapping[str, JSON]) -> None:
        with self._at("params"):
            model.check(params)

    @contextlib.contextmanager
    def _at(self, *at: str | int) -> Iterator[None]:
        """Mistakes found within are told with the sweep's line, unless they name a file of their own."""
        try:
            yield
        except ConfigError as error:
            if isinstance(error, metric_room.MetricError):
                at = (*at, error.place)
            raise (error if error.path is not None else self._file.error(error.message, *at)) from None
