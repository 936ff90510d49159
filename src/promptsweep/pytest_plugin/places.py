"""Where the plugin finds things: as the command line does, by the same environment variables."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptsweep.pytest_plugin.sharing import Once
from promptsweep.workspace import Workspace

if TYPE_CHECKING:
    from promptsweep.models import Model
    from promptsweep.reports import Store
    from promptsweep.types import JSON

_ONCE = pytest.StashKey[Once]()


def workspace() -> Workspace:
    """That of PROMPTSWEEP_WORKSPACE, or the nearest one from the current folder upwards."""
    given = os.environ.get("PROMPTSWEEP_WORKSPACE")
    return Workspace(Path(given).resolve()) if given else Workspace.find()


def sweep_path(reference: str | Path) -> Path:
    """The file of a sweep, given as a name or a path; ConfigError with the nearest name for no sweep."""
    return workspace().file("runners", str(reference), ".yaml", "sweep").resolve()


def opened_store() -> contextlib.closing[Store]:
    """The store of PROMPTSWEEP_STORE, or the workspace's; made where there is none."""
    from promptsweep.reports import open_store

    return contextlib.closing(open_store(workspace(), os.environ.get("PROMPTSWEEP_STORE"), create=True))


def replay_models(
    config: pytest.Config, sweep: str | Path | Mapping[str, JSON], limit: int | None = None
) -> Mapping[str, Model] | None:
    """What stands in for the sweep's models with `--promptsweep-replay`; None for the models themselves."""
    replay, live = config.getoption("promptsweep_replay"), config.getoption("promptsweep_live_misses")
    if replay is None:
        if live:
            raise pytest.UsageError("--promptsweep-live-misses needs --promptsweep-replay FILE")
        return None
    from promptsweep.api import replayed_models

    return replayed_models(sweep, workspace(), replay, overrides={"limit": limit}, live_misses=live)


def once(config: pytest.Config) -> Once:
    """What this session has run, shared with its other workers."""
    from promptsweep.pytest_plugin import SHARED

    return config.stash.setdefault(_ONCE, Once(config.stash.get(SHARED, None)))
