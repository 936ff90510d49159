"""Tuned models in a plan: where they come from, and whether they were trained on what is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from promptsweep.errors import ConfigError
from promptsweep.models.endpoints import catalog
from promptsweep.models.lineage import Lineage, mark, read_manifest
from promptsweep.types import JSON
from promptsweep.workspace import Workspace

if TYPE_CHECKING:
    from promptsweep.runners.plan import Plan
    from promptsweep.runners.selection import Selection

NAMED = 3
"""Rows that a warning names."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """A tuned model of a plan."""

    lineage: Lineage
    seen: Mapping[str, int] = field(default_factory=dict)
    """Dataset → how many of the rows that are evaluated it was trained on; only where there are any."""
    warnings: tuple[str, ...] = ()
    """What the plan says of it."""

    def as_json(self) -> dict[str, JSON]:
        """What a run notes of it."""
        return self.lineage.as_json() | ({"seen": dict(self.seen)} if self.seen else {})


def with_tuned(plan: Plan, workspace: Workspace) -> Plan:
    """The plan with the lineage of its tuned models, and a warning for each that has seen evaluated rows.

    Where a model's manifest is there, every evaluated row is looked up in it; where it is named and is not
    there, or is of other data, a warning says so. A plan whose samples have become more is looked up anew.
    """
    known = catalog(workspace).models
    names = dict.fromkeys(planned.arm.model for planned in plan.arms)
    lineages = {name: known[name].lineage for name in names if name in known}
    tuned: dict[str, Tuned] = {}
    for name, lineage in lineages.items():
        if lineage is not None:
            warnings: list[str] = []
            seen = _seen(name, lineage, _selections(plan, name), workspace, warnings.append)
            tuned[name] = Tuned(lineage, seen, tuple(warnings))
    before, now = _warnings(plan.tuned), _warnings(tuned)
    others = [warning for warning in plan.warnings if warning not in before]
    return replace(plan, tuned=tuned, warnings=(*others, *now))


def _warnings(tuned: Mapping[str, Tuned]) -> list[str]:
    return [warning for one in tuned.values() for warning in one.warnings]


def _selections(plan: Plan, model: str) -> dict[str, list[Selection]]:
    """Dataset → what a model is evaluated on, each selection once; arms of several limits have several."""
    found: dict[str, dict[int, Selection]] = {}
    for selection in (one.selection for one in plan.arms if one.arm.model == model):
        found.setdefault(selection.dataset.name, {})[id(selection)] = selection
    return {dataset: list(some.values()) for dataset, some in found.items()}


def _seen(
    model: str,
    lineage: Lineage,
    selections: Mapping[str, Sequence[Selection]],
    workspace: Workspace,
    warn: Callable[[str], None],
) -> dict[str, int]:
    inputs = _inputs(model, lineage, workspace, warn)
    found = {}
    for dataset, some in selections.items() if inputs else ():
        leaked = (sample.id for one in some for sample in one if mark(sample.input) in inputs)
        ids = list(dict.fromkeys(leaked))
        if ids:
            found[dataset] = len(ids)
            warn(_leak(model, dataset, some, ids))
    return found


def _inputs(
    model: str, lineage: Lineage, workspace: Workspace, warn: Callable[[str], None]
) -> frozenset[str]:
    """Marks of what it was trained on; none where nobody can tell."""
    if not lineage.manifest:
        return frozenset()
    try:
        manifest = read_manifest(workspace.root / Path(lineage.manifest))
    except ConfigError as error:
        warn(f"{model}: whether it was trained on what is evaluated cannot be told: {error}")
        return frozenset()
    if lineage.data and all(one.digest != lineage.data for one in manifest.files):
        warn(f"{model}: {lineage.manifest} is the manifest of other data than its lineage names")
    return frozenset(manifest.inputs)


def _leak(model: str, dataset: str, selections: Sequence[Selection], ids: Sequence[str]) -> str:
    first, *others = selections
    count = len({sample.id for one in selections for sample in one}) if others else first.count
    more = ", …" if len(ids) > NAMED else ""
    return (
        f"LEAK: {model} was trained on {len(ids)} of the {count} rows of {dataset} "
        f"({first.split}) that are evaluated here ({', '.join(ids[:NAMED])}{more}): "
        "its scores there are no evidence"
    )
