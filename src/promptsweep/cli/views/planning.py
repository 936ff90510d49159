"""Plans for commands that send nothing: a key that is not set is no obstacle, and all mistakes are found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from promptsweep import runners
from promptsweep.api import enter
from promptsweep.api.endpoints import missing_key, unsent_embedder, without_key
from promptsweep.cli.places import find_sample
from promptsweep.errors import ConfigError
from promptsweep.models import Model
from promptsweep.reports.arms import match_arm
from promptsweep.runners import Plan, Planner, SweepFile
from promptsweep.runners.panels import model_names
from promptsweep.runners.sweep import Variant
from promptsweep.runners.tuned import with_tuned
from promptsweep.types import JSON, Request
from promptsweep.workspace import Workspace


@dataclass(frozen=True, slots=True)
class UnsentPlan:
    """A plan that may hold models without a key."""

    plan: Plan
    keyless: tuple[str, ...]
    """Models whose key is not set: `run` would refuse them."""


def plan_unsent(
    reference: str, workspace: Workspace, overrides: Mapping[str, JSON] | None = None
) -> UnsentPlan:
    """The plan of a sweep, each arm's first sample rendered. Raises ConfigError for the first mistake."""
    file = runners.load(reference, workspace, overrides)
    models = _without_key(file, workspace)
    plan = with_tuned(_plan(file, workspace, models), workspace)
    embedders = [model.name for model in plan.embedders if missing_key(model.name, workspace)]
    return UnsentPlan(plan, (*models, *embedders))


def mistakes_of_arms(reference: str, workspace: Workspace) -> list[str]:
    """Every mistake of a sweep that cannot be planned as a whole, found arm by arm, once each."""
    found: dict[str, None] = {}
    try:
        file = runners.load(reference, workspace)
        models = _without_key(file, workspace)
        for arm in _single_arms(file):
            try:
                _plan(arm, workspace, models)
            except ConfigError as error:
                found[str(error)] = None
    except ConfigError as error:
        found |= dict.fromkeys(map(str, (error, *error.others)))
    return list(found)


@dataclass(frozen=True, slots=True)
class _OneArm(SweepFile):
    """A sweep file of which only one arm is planned."""

    only: Variant

    def variants(self) -> Iterator[Variant]:
        yield self.only


def _single_arms(file: SweepFile) -> Iterator[SweepFile]:
    for variant in file.variants():
        for dataset, model, system, params in product(
            variant.datasets, variant.models, variant.system, variant.model_params
        ):
            only = replace(
                variant, datasets=[dataset], models=[model], system=[system], model_params=[params]
            )
            yield _OneArm(file.sweep, file.path, file.data, only)


def _without_key(file: SweepFile, workspace: Workspace) -> Mapping[str, Model]:
    return without_key(model_names(file, workspace), workspace)


def _plan(file: SweepFile, workspace: Workspace, models: Mapping[str, Model]) -> Plan:
    plan = Planner(file, workspace, models, load_embedder=unsent_embedder).plan()
    if not isinstance(file, _OneArm):  # a gate may mean another arm
        runners.plan_demands(plan, file)
    enter(runners.probe(plan))
    return plan


def first_request_of(plan: Plan, arm: str | None, sample: str | None) -> Request:
    """What a run of the plan asks first for a sample (default: the first) of an arm (default: the first)."""
    planned = plan.arms[0]
    if arm is not None:
        chosen = match_arm([one.arm for one in plan.arms], arm)
        planned = next(one for one in plan.arms if one.arm is chosen)
    return enter(runners.first_request(planned, find_sample(planned, sample)))
