"""One gate on a stored run, in Python: what `Run.check` does."""

from __future__ import annotations

from pathlib import Path

from promptsweep import config
from promptsweep.errors import ConfigError
from promptsweep.reports import Store
from promptsweep.reports.baseline_files import read_baseline
from promptsweep.reports.baselines import Baseline, baseline_path
from promptsweep.reports.gates import judge
from promptsweep.reports.verdicts import Check
from promptsweep.runners.gates import Gate
from promptsweep.types import JSON
from promptsweep.workspace import Workspace

HERE = Path("check()")
"""What messages name in place of a file."""


def check_run(store: Store, run: str, keys: dict[str, JSON], baseline: str | Path | None) -> Check:
    """Judges a stored run by one gate, given as its `keys` in a sweep file; `margin` and `alpha` stand alone.

    Without `min` and `max` it forbids a regression, by the gate's usual margin where none is given. Raises
    ConfigError for what no gate can be, and where a baseline is needed and there is none.
    """
    given = {key: value for key, value in keys.items() if value is not None}
    regression = {key: given.pop(key) for key in ("margin", "alpha") if key in given}
    if regression or not {"min", "max"} & given.keys():
        given["no_regression"] = regression
    gate = config.validate(given, Gate, HERE)
    try:
        return judge(store, run, [gate], _baseline(store, run, baseline) if gate.no_regression else None)
    except ConfigError as error:
        raise ConfigError(error.message, path=error.path or HERE, line=error.line) from None


def _baseline(store: Store, run: str, given: str | Path | None) -> Baseline | None:
    """The baseline of this file, or the one that the workspace has of the run's sweep, if any."""
    if given is not None:
        return read_baseline(given)
    path = baseline_path(Workspace.find(), str(store.find_run(run).name))
    return read_baseline(path) if path.is_file() else None
