"""The command that goes on with a run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from promptsweep.config import read_yaml
from promptsweep.errors import ConfigError
from promptsweep.reports.batches import at_vendor
from promptsweep.reports.grown import grown
from promptsweep.reports.store import Store, loads

OPTIONS: Mapping[str, str] = {"limit": "--limit", "models": "--model"}
"""Keys of a sweep that the command line may set, and how."""


def resume_command(store: Store, reference: str, store_option: str | None = None) -> str | None:
    """What to type to go on with a run; None for one that was started from Python without a sweep file.

    What the run's sweep sets otherwise than the file as it is now was an option, and is one again.
    `store_option` is the path of the store where it is not the workspace's own. Raises ConfigError for an
    unknown run.
    """
    run = store.find_run(reference)
    path = Path(run.path)
    if path.suffix not in {".yaml", ".yml"}:
        return None
    facts = grown(run)
    name = path.stem if path.parent.name == "runners" else str(path)
    words = ["promptsweep", "run" if facts is None else "check", name, "--resume", run.id]
    for key, value in _overrides(path, loads(run.sweep)).items():
        words += [word for one in _listed(value) for word in (OPTIONS[key], str(one))]
    if facts is not None and facts.up_to is not None:
        words += ["--up-to", str(facts.up_to)]
    if facts is not None and facts.repeats_to is not None:
        words += ["--repeats-to", str(facts.repeats_to)]
    words += ["--engine", "batch"] if at_vendor(store, run.id) else []
    return shlex.join([*words, *([] if store_option is None else ["--store", store_option])])


def _overrides(path: Path, made: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        written: Mapping[str, Any] = read_yaml(path)
    except (ConfigError, OSError):
        written = {}
    return {
        key: made[key]
        for key in OPTIONS
        if made.get(key) is not None and _listed(made[key]) != _listed(written.get(key))
    }


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]
