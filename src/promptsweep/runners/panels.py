"""A judge as a plan has loaded it: its models, its templates, and what they are shown."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from jinja2 import Template

from promptsweep.datasets import load as load_dataset
from promptsweep.errors import ConfigError, unknown
from promptsweep.metrics import Judge, judge_models
from promptsweep.metrics.judge import PARAMS
from promptsweep.models import Model
from promptsweep.models.families import family
from promptsweep.prompts import Templates, render
from promptsweep.runners.sweep import SweepFile
from promptsweep.types import JSON, Request, Sample, digest
from promptsweep.workspace import Workspace

FOLDER = "judges"
"""The part of `prompts/` that holds judges: two frames, and the rubrics."""
FRAMES = {"rating": f"{FOLDER}/rate.j2", "preference": f"{FOLDER}/compare.j2"}


@dataclass(frozen=True, slots=True)
class Panel:
    """A judge as a plan has loaded it: its models, its templates, and the dataset they read."""

    metric: Judge
    """With its signature."""
    models: tuple[tuple[str, Model], ...]
    """By the names that the sweep uses."""
    params: Mapping[str, Mapping[str, JSON]]
    """Sampling parameters, by model."""
    rubric: Template
    frame: Template
    """`judges/rate.j2` or `judges/compare.j2`."""
    context: Mapping[str, JSON]
    """What the dataset says of itself."""
    reference: bool

    def ask(self, model: int, sample: Sample, shown: Mapping[str, JSON], invalid: str | None) -> Request:
        """What a model (by its place) is sent; `shown` are the answers, `invalid` a reply without verdict."""
        name, asked = self.models[model]
        known = {**self.context, **sample.fields, "input": sample.input}
        known["reference"] = sample.targets[0] if self.reference and sample.targets else None
        rubric = "\n\n".join(message.content for message in render(self.rubric, known))
        variables = {**known, "rubric": rubric, **shown, "invalid": invalid}
        return asked.request(render(self.frame, variables), self.params[name], 0)

    @property
    def orders(self) -> int:
        """Verdicts that each model gives on one answer: in both orders where two are compared."""
        return 2 if self.metric.kind == "preference" else 1

    def applies(self, sample: Sample) -> bool:
        """Whether the sample has the target that the judge needs."""
        return bool(sample.targets) or not (self.reference or self.metric.kind == "preference")

    def empty_request(self, model: int, sample: Sample) -> Request:
        """What a model would be sent for an answer without a word: what can be known beforehand."""
        other = sample.targets[0] if sample.targets else ""
        shown = {"first": "", "second": other} if self.metric.kind == "preference" else {"answer": ""}
        return self.ask(model, sample, shown, None)


class Panels:
    """Loads judges, the templates and models of each once."""

    def __init__(self, templates: Templates, model: Callable[[str], Model]):
        """`model` gives a model by the name that a sweep uses."""
        self._templates, self._model = templates, model

    def load(self, metric: Judge, context: Mapping[str, JSON], candidate: str | None) -> Panel:
        """The judge for a dataset (`context`), to judge a model that its endpoint knows as `candidate`.

        Raises ConfigError for a rubric that there is not, a parameter that a model refuses, and a judge of
        the candidate's family, unless that is allowed.
        """
        rubric, frame = self._rubric(metric.rubric), FRAMES[metric.kind]
        models = tuple((name, self._model(name)) for name in metric.models)
        if candidate is not None and not metric.allow_same_family:
            _check_families(metric, models, candidate)
        params = {name: _params(metric, model) for name, model in models}
        reference = metric.reference
        if reference is None:
            reference = bool(self._templates.declared(rubric).get("reference"))
        templates = self._templates.digest([rubric, frame])
        known = [model.digest for _, model in models]
        signature = f"judge:{digest(known, params, templates, reference)[:8]}"
        return Panel(
            metric=replace(metric, signature=signature),
            models=models,
            params=params,
            rubric=self._templates.get(rubric),
            frame=self._templates.get(frame),
            context=context,
            reference=reference,
        )

    def _rubric(self, name: str) -> str:
        rubrics = self._templates.stages(f"{FOLDER}/rubrics")
        if name not in rubrics:
            raise ConfigError(unknown("rubric", name, rubrics))
        return f"{FOLDER}/rubrics/{name}.j2"


def _check_families(metric: Judge, models: tuple[tuple[str, Model], ...], candidate: str) -> None:
    for name, model in models:
        if family(model.form.model) == family(candidate):
            raise ConfigError(
                f"metric {metric.name!r}: {name} would judge {candidate}, a model of its own family, and "
                "models favour their own. Choose another judge, or set `allow_same_family: true`"
            )


def _params(metric: Judge, model: Model) -> dict[str, JSON]:
    """What is given, and the defaults that the model takes."""
    model.check(metric.params)
    found = dict(metric.params)
    for name, value in PARAMS.items():
        try:
            model.check({name: value})
        except ConfigError:
            continue
        found.setdefault(name, value)
    return found


def model_names(file: SweepFile, workspace: Workspace) -> list[str]:
    """The models that a sweep names, each once: candidates, then judges, also those of datasets' cards."""
    variants = list(file.variants())
    judges = judge_models(file.sweep.metrics or ())
    if not file.sweep.metrics:
        for name in dict.fromkeys(name for one in variants for name in one.datasets):
            with contextlib.suppress(ConfigError):  # the plan says what is wrong with it, and where
                judges += judge_models(load_dataset(name, workspace).card.metrics)
    return list(dict.fromkeys([*(name for one in variants for name in one.models), *judges]))
