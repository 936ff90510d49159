"""From a sweep to a checked plan, and from a plan to a run."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from promptsweep import runners
from promptsweep.api.cluster import chosen_cluster
from promptsweep.api.engines import on_engine
from promptsweep.api.entering import enter
from promptsweep.api.execution import Observe, execute
from promptsweep.api.results import Run
from promptsweep.errors import ConfigError
from promptsweep.models import Model
from promptsweep.reports import Store, open_store
from promptsweep.reports.opening import known_store
from promptsweep.runners import Demand, Plan, Planner, SweepFile
from promptsweep.runners.selection import nothing_known
from promptsweep.runners.tuned import with_tuned
from promptsweep.types import JSON
from promptsweep.workspace import Workspace


def run(  # noqa: PLR0913  each is an option of the command line, too
    sweep: str | Path | Mapping[str, JSON],
    *,
    models: Mapping[str, Model] | None = None,
    workspace: str | Path | None = None,
    store: str | None = None,
    limit: int | None = None,
    fresh: bool = False,
    resume: str | None = None,
    observe: Observe | None = None,
    engine: str | None = None,
    window: int | None = None,
    workers: int | None = None,
    address: str | None = None,
) -> Run:
    """Runs a sweep (a name, a path, or its content as a mapping) and returns the stored run.

    `models` gives models by the names the sweep uses, such as a `promptsweep.testing.FunctionModel`.
    `engine`, `window`, `workers` and `address` are those of the command line. Works in notebooks too. Raises
    ConfigError before anything is sent if something is wrong.
    """
    place = Workspace(Path(workspace).resolve()) if workspace else Workspace.find()
    cluster = chosen_cluster(place, engine, address=address, workers=workers)
    if cluster is not None and models:
        raise ConfigError("models made in Python stay in this process: --engine ray needs those of the sweep")
    with known_store(place, store) as known:
        planned = plan(sweep, place, {"limit": limit}, models, known)
    planned = on_engine(planned, engine, place, window)
    with contextlib.closing(open_store(place, store)) as opened:
        result = execute(planned, opened, fresh=fresh, resume=resume, observe=observe, cluster=cluster)
    return result.run


def plan(
    sweep: str | Path | Mapping[str, JSON],
    workspace: Workspace,
    overrides: Mapping[str, JSON] | None = None,
    models: Mapping[str, Model] | None = None,
    store: Store | None = None,
) -> Plan:
    """Loads and checks all that a sweep names, and renders each arm's first sample; sends nothing.

    Rows that a run of `store` has checked are not checked again.
    """
    return gated_plan(sweep, workspace, overrides, models, store)[0]


def gated_plan(
    sweep: str | Path | Mapping[str, JSON],
    workspace: Workspace,
    overrides: Mapping[str, JSON] | None = None,
    models: Mapping[str, Model] | None = None,
    store: Store | None = None,
) -> tuple[Plan, list[Demand]]:
    """As `plan`, with what the sweep's gates demand of the arms."""
    file = sweep_file(sweep, workspace, overrides)
    known = nothing_known if store is None else store.checked
    planned = with_tuned(Planner(file, workspace, models, known).plan(), workspace)
    demands = runners.plan_demands(planned, file)
    enter(runners.probe(planned))
    return planned, demands


def sweep_file(
    sweep: str | Path | Mapping[str, JSON],
    workspace: Workspace,
    overrides: Mapping[str, JSON] | None = None,
) -> SweepFile:
    """The sweep of a name, a path, or its content; `overrides` that are not None replace its keys."""
    if isinstance(sweep, Mapping):
        given = {key: value for key, value in (overrides or {}).items() if value is not None}
        return runners.parse({**sweep, **given}, Path("sweep"))
    return runners.load(str(sweep), workspace, overrides)
