"""What there is: runs in the store; strategies, datasets, models, metrics and sweeps to use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from promptsweep import metrics, prompts, runners
from promptsweep.api.endpoints import endpoints, short_names
from promptsweep.cli.output import console, emit, emit_json
from promptsweep.cli.views.tables import Column, fitting, table
from promptsweep.datasets import load as load_dataset
from promptsweep.errors import ConfigError, PromptsweepError, unknown
from promptsweep.reports import Store, figures
from promptsweep.reports.browse import RunInfo, list_runs
from promptsweep.types import JSON
from promptsweep.workspace import Workspace

Offers = Iterator[tuple[str, str]]
"""Names, each with a line about it."""


def print_runs(store: Store, limit: int, *, json: bool) -> None:
    """Prints the newest runs of a store."""
    runs = list_runs(store, limit)
    if json:
        emit_json([_run_json(run) for run in runs])
    elif runs:
        emit(*fitting(console().width, *_run_columns(runs)))
    else:
        emit("No run yet: promptsweep run SWEEP makes one.")


def _run_columns(runs: list[RunInfo]) -> tuple[list[Column], list[Column]]:
    return [Column("run", [run.id for run in runs])], [
        Column("sweep", [run.name for run in runs], wraps=True),
        Column("status", [run.status.value for run in runs]),
        Column("done", [f"{run.done:,}/{run.planned:,}" for run in runs], "right"),
        Column("arms", [str(run.arms) for run in runs], "right"),
        Column("cost", [figures.dollars(run.cost) for run in runs], "right"),
        Column("began", [f"{run.created.astimezone():%Y-%m-%d %H:%M}" for run in runs]),
    ]


def _run_json(run: RunInfo) -> dict[str, JSON]:
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


def print_offers(kind: str, workspace: Workspace, *, json: bool) -> None:
    """Prints what a workspace, with the built-ins, offers of a kind. ConfigError for an unknown kind."""
    if kind not in OFFERS:
        raise ConfigError(unknown("list", kind, ["runs", *OFFERS]))
    offered = list(OFFERS[kind](workspace))
    if json:
        emit_json([{"name": name, "description": description} for name, description in offered])
        return
    names, descriptions = [name for name, _ in offered], [description for _, description in offered]
    emit(table([Column("name", names), Column("description", descriptions, wraps=True)]))


def _described(names: list[str], describe: Callable[[str], str]) -> Offers:
    """Each name with its description, or with what is wrong with it."""
    for name in names:
        try:
            yield name, describe(name)
        except PromptsweepError as error:
            yield name, f"error: {error}"


def _strategies(workspace: Workspace) -> Offers:
    templates = prompts.Templates(workspace.roots)

    def describe(name: str) -> str:
        if (workspace.root / "prompts" / name / "strategy.py").exists():
            return "a strategy of your own, in Python"
        return prompts.load(name, templates, workspace).description

    return _described(prompts.names(workspace), describe)


def _datasets(workspace: Workspace) -> Offers:
    def describe(name: str) -> str:
        card = load_dataset(name, workspace).card
        about = f": {card.description}" if card.description else ""
        return f"{card.task}, {card.language} ({', '.join(card.splits)}){about}"

    return _described(workspace.names("datasets", ".yaml"), describe)


def _models(workspace: Workspace) -> Offers:
    yield "local", "Gemma 3 270M (base), on this machine: no key, no network"
    yield "gguf:PATH", "any GGUF file, on this machine"
    yield "replay:FILE", "recorded replies and nothing else"
    yield from short_names(workspace)
    for endpoint in endpoints(workspace):
        yield f"{endpoint.name}/MODEL", f"{endpoint.url}; {endpoint.state}"


def _metrics(_: Workspace) -> Offers:
    yield from metrics.describe().items()


def _sweeps(workspace: Workspace) -> Offers:
    names = [name for name in workspace.names("runners", ".yaml") if name != "models"]
    return _described(names, lambda name: runners.load(name, workspace).sweep.description)


OFFERS: Mapping[str, Callable[[Workspace], Offers]] = {
    "strategies": _strategies,
    "datasets": _datasets,
    "models": _models,
    "metrics": _metrics,
    "sweeps": _sweeps,
}
