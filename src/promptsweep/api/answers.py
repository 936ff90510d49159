"""Answers made elsewhere, scored as a run like any other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from promptsweep import runners
from promptsweep.api.entering import enter
from promptsweep.api.provenance import versions
from promptsweep.api.results import Run
from promptsweep.datasets import load as load_dataset
from promptsweep.reports import Store
from promptsweep.reports.cache import whole
from promptsweep.reports.sink import StoreSink
from promptsweep.types import Status
from promptsweep.workspace import Workspace


def import_answers(
    path: str | Path,
    *,
    dataset: str,
    name: str,
    split: str | None = None,
    metrics: Sequence[str] | None = None,
    workspace: Workspace,
    store: Store,
) -> Run:
    """Scores answers made elsewhere (`{"id", "answer"}` rows) and stores them as a run."""
    found = load_dataset(dataset, workspace)
    given = runners.read_answers(Path(path), found, name, split=split, metrics=metrics, root=workspace.root)
    identity = store.begin(given, False, versions())

    async def add() -> None:
        async with StoreSink(store, identity) as sink:
            for record in given.records():
                sink.add(record)
                await sink.room()

    with whole(store, identity):
        enter(add())
    store.finish(identity, Status.DONE)
    return Run(identity, store)
