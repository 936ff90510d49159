"""`list`: the runs of the store, or what the workspace and the built-ins offer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from promptsweep.cli import figures
from promptsweep.cli.options import JsonOption, StoreOption, WorkspaceOption
from promptsweep.cli.output import console, emit, emit_json
from promptsweep.cli.places import find_workspace, opened
from promptsweep.cli.tables import Column, fitting, table
from promptsweep.errors import PromptsweepError

if TYPE_CHECKING:
    from promptsweep.reports import Store
    from promptsweep.reports.browse import RunInfo
    from promptsweep.workspace import Workspace


class Kind(StrEnum):
    """What can be listed."""

    RUNS = "runs"
    STRATEGIES = "strategies"
    DATASETS = "datasets"
    MODELS = "models"
    METRICS = "metrics"
    SWEEPS = "sweeps"


def list_command(
    what: Annotated[Kind, typer.Argument(metavar="[WHAT]", help=f"One of: {', '.join(Kind)}.")] = Kind.RUNS,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most N runs, the newest first.")] = 50,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """List runs, strategies, datasets, models, metrics or sweeps."""
    if what is Kind.RUNS:
        with opened(workspace, store) as found:
            _list_runs(found, limit, json=json)
        return
    offered = list(_OFFERS[what](find_workspace(workspace)))
    if json:
        emit_json([{"name": name, "description": description} for name, description in offered])
    else:
        names, descriptions = [name for name, _ in offered], [description for _, description in offered]
        emit(table([Column("name", names), Column("description", descriptions, wraps=True)]))


def _list_runs(store: Store, limit: int, *, json: bool) -> None:
    from promptsweep.reports.browse import list_runs

    runs = list_runs(store, limit)
    if json:
        emit_json([_run_json(run) for run in runs])
    elif not runs:
        emit("no run yet: promptsweep run SWEEP makes one")
    else:
        keys = [Column("run", [run.id for run in runs])]
        essential = [
            Column("sweep", [run.name for run in runs], wraps=True),
            Column("status", [run.status.value for run in runs]),
            Column("done", [f"{run.done}/{run.planned}" for run in runs], "right"),
            Column("cost", [figures.money(run.cost) for run in runs], "right"),
        ]
        others = [
            Column("began", [f"{run.created.astimezone():%Y-%m-%d %H:%M}" for run in runs]),
            Column("arms", [str(run.arms) for run in runs], "right"),
        ]
        emit(*fitting(console(), keys, essential, others))


def _run_json(run: RunInfo) -> dict[str, object]:
    return {
        "run": run.id,
        "name": run.name,
        "status": run.status.value,
        "created": run.created.isoformat(timespec="seconds"),
        "arms": run.arms,
        "planned": run.planned,
        "done": run.done,
        "errors": run.errors,
        "cost_usd": run.cost,
        "error": run.error,
    }


Offers = Iterator[tuple[str, str]]


def _described(names: list[str], describe: Callable[[str], str]) -> Offers:
    """Each name with its description, or with what is wrong with it."""
    for name in names:
        try:
            yield name, describe(name)
        except PromptsweepError as error:
            yield name, f"error: {error}"


def _strategies(workspace: Workspace) -> Offers:
    from promptsweep.prompts import Templates, load, names

    templates = Templates(workspace.roots)

    def describe(name: str) -> str:
        own = workspace.root / "prompts" / name / "strategy.py"
        return f"your own Python: {own}" if own.exists() else load(name, templates, workspace).description

    return _described(names(workspace), describe)


def _datasets(workspace: Workspace) -> Offers:
    from promptsweep.datasets import load

    def describe(name: str) -> str:
        card = load(name, workspace).card
        return f"{card.task}, {card.language} ({', '.join(card.splits)}): {card.description}"

    return _described(workspace.names("datasets", ".yaml"), describe)


def _models(workspace: Workspace) -> Offers:
    from promptsweep.cli.endpoints import endpoints, short_names

    yield "local", "Gemma 3 270M (base) on this machine: no key, no network"
    yield "gguf:PATH", "any GGUF file, on this machine"
    yield "replay:FILE", "recorded replies and nothing else"
    yield from short_names(workspace)
    for endpoint in endpoints(workspace):
        yield f"{endpoint.name}/MODEL", f"{endpoint.url}, {endpoint.state}"


def _metrics(workspace: Workspace) -> Offers:  # noqa: ARG001  metrics are the same in every workspace
    from promptsweep.metrics import describe

    yield from describe().items()


def _sweeps(workspace: Workspace) -> Offers:
    from promptsweep.runners import load

    names = [name for name in workspace.names("runners", ".yaml") if name != "models"]
    return _described(names, lambda name: load(name, workspace).sweep.description)


_OFFERS: dict[Kind, Callable[[Workspace], Offers]] = {
    Kind.STRATEGIES: _strategies,
    Kind.DATASETS: _datasets,
    Kind.MODELS: _models,
    Kind.METRICS: _metrics,
    Kind.SWEEPS: _sweeps,
}
