"""What a worker is given, and whether it made the same plan of it."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Engine

from promptsweep.api.cluster.messages import Assignment, Hello, Secrets
from promptsweep.api.cluster.starting import Cluster
from promptsweep.api.endpoints import variables
from promptsweep.errors import ConfigError
from promptsweep.reports import Store
from promptsweep.reports.patience import OPTION, SERVER_PATIENCE
from promptsweep.reports.sink import StoreSink
from promptsweep.runners import Budget, Plan

LIBPQ = ("PGPASSWORD", "PGUSER", "PGSSLMODE")
"""What the driver for PostgreSQL takes from the environment, where the store's URL does not say it."""


def assignment(cluster: Cluster, plan: Plan, run: str, sink: StoreSink, budget: Budget | None) -> Assignment:
    """The same for all workers. What only the driver needs of a sweep is left out."""
    here = cluster.address is None
    return Assignment(
        version=version("promptsweep"),
        sweep={key: value for key, value in plan.sweep.items() if key not in {"gates", "budget"}},
        path=plan.path,
        root=str(cluster.workspace.root) if here else None,
        cwd=str(Path.cwd()) if here else None,
        checked=_checked(plan),
        recording=_recording(cluster),
        live_misses=cluster.live_misses,
        run=run,
        arms=sink.maker.arms,
        replies_version=sink.maker.version,
        allowance=plan.budget,
        elapsed=0.0 if budget is None else budget.elapsed,
    )


def secrets(cluster: Cluster, plan: Plan, store: Store) -> Secrets:
    """The keys of the endpoints that the sweep names, and no others; and how to reach a shared database."""
    references = dict.fromkeys([*plan.named_models, *(model.name for model in plan.embedders)])
    environment = variables(references, cluster.workspace)
    if store.engine.dialect.name == "sqlite":
        return Secrets(environment, None)
    libpq = {name: os.environ[name] for name in LIBPQ if name in os.environ}
    return Secrets(environment | libpq, _url(store.engine))


def _url(engine: Engine) -> str:
    """The database's whole address, as `open_store` takes it."""
    patience = str(engine.get_execution_options().get(OPTION, SERVER_PATIENCE))
    url = engine.url.set(drivername=engine.dialect.name).update_query_dict({OPTION: patience})
    return url.render_as_string(hide_password=False)


def check(plan: Plan, hello: Hello) -> None:
    """Raises ConfigError where a worker's plan is another: results would be mixed that are not comparable."""
    where = f"the worker on {hello.node}"
    if hello.problem is not None:
        raise ConfigError(f"{where} cannot make the plan: {hello.problem}")
    for planned in plan.arms:
        arm = planned.arm
        if arm.key not in hello.arms:
            raise ConfigError(
                f"{where} has another plan: it lacks {arm.label!r} as it is here. Its promptsweep, or files "
                "outside prompts/, datasets/ and runners/, are not the same"
            )


def _recording(cluster: Cluster) -> str | bytes | None:
    if cluster.recording is None:
        return None
    return str(cluster.recording.resolve()) if cluster.address is None else cluster.recording.read_bytes()


def _checked(plan: Plan) -> dict[tuple[str, str], int]:
    """Rows of each split that the driver has checked; of one that a limit cut, more than the limit."""
    rows: dict[tuple[str, str], int] = {}
    for planned in plan.arms:
        selection = planned.selection
        count = selection.count if selection.limit is None else selection.limit + 1
        key = (selection.dataset.name, selection.split)
        rows[key] = max(rows.get(key, 0), count)
    return rows
