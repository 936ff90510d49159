"""From the options `--workspace` and `--store` to the workspace and the open store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from promptsweep.errors import ConfigError, IncompleteError, unknown
from promptsweep.types import JSON, Sample
from promptsweep.workspace import Workspace

if TYPE_CHECKING:
    from promptsweep.api import Run
    from promptsweep.models import Model
    from promptsweep.reports import Store
    from promptsweep.runners import ScoredArm


def find_workspace(folder: Path | None) -> Workspace:
    """The workspace at `folder`, or the nearest one from the current folder upwards."""
    return Workspace.find() if folder is None else Workspace(folder.resolve())


@contextlib.contextmanager
def opened(workspace: Path | None, store: str | None, *, create: bool = False) -> Iterator[Store]:
    """The open store; ConfigError where there is none, unless `create`; IncompleteError where it fails."""
    from sqlalchemy.exc import DBAPIError

    from promptsweep.reports import open_store
    from promptsweep.reports.patience import reason

    with contextlib.closing(open_store(find_workspace(workspace), store, create=create)) as found:
        try:
            yield found
        except DBAPIError as error:
            raise IncompleteError(f"the store failed: {reason(error)}") from None


@contextlib.contextmanager
def stored_run(reference: str, workspace: Path | None, store: str | None) -> Iterator[Run]:
    """The run that `reference` names, in the open store."""
    from promptsweep.api import Run

    with opened(workspace, store) as found:
        yield Run(found.find_run(reference).id, found)


def replayed(
    sweep: str,
    workspace: Workspace,
    overrides: Mapping[str, JSON],
    replay: Path | None,
    live_misses: bool,
) -> Mapping[str, Model] | None:
    """What stands in for the models of a sweep by `--replay` and `--live-misses`; None for the models."""
    from promptsweep.api import replayed_models

    if replay is None:
        if live_misses:
            raise ConfigError("--live-misses needs --replay FILE: without it, every request is live")
        return None
    return replayed_models(sweep, workspace, replay, overrides=overrides, live_misses=live_misses)


def find_sample(planned: ScoredArm, identity: str | None) -> Sample:
    """The arm's sample of this id, or its first; ConfigError with the nearest id."""
    for sample in planned.selection:
        if identity in (None, sample.id):
            return sample
    ids = (sample.id for sample in planned.selection)
    raise ConfigError(unknown(f"sample of {planned.arm.dataset}", str(identity), ids))
