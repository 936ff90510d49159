"""Gates judged: a sweep run (or a stored run taken), compared with its baseline, and a verdict on each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from promptsweep.api.execution import Observe, execute
from promptsweep.api.growing import grow, known_samples
from promptsweep.api.planning import gated_plan, sweep_file
from promptsweep.errors import ConfigError
from promptsweep.models import Model
from promptsweep.reports import Store
from promptsweep.reports.baseline_files import read_baseline
from promptsweep.reports.baselines import Baseline, baseline_path
from promptsweep.reports.broken import MOST
from promptsweep.reports.gates import check_baseline, judge
from promptsweep.reports.growth import Growing
from promptsweep.reports.verdicts import Check
from promptsweep.runners import Demand, Plan, SweepFile
from promptsweep.runners.demands import GateError
from promptsweep.runners.tuned import with_tuned
from promptsweep.types import JSON
from promptsweep.workspace import Workspace

__all__ = ["check", "demands", "find_baseline", "judge", "read_baseline"]


def check(  # noqa: PLR0913  all but three are options
    sweep: str | Path | Mapping[str, JSON],
    workspace: Workspace,
    store: Store,
    *,
    run: str | None = None,
    baseline: str | Path | None = None,
    models: Mapping[str, Model] | None = None,
    limit: int | None = None,
    fresh: bool = False,
    resume: str | None = None,
    up_to: int | None = None,
    repeats_to: int | None = None,
    broken: int = MOST,
    observe: Observe | None = None,
    announce: Callable[[Plan], None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Check:
    """Runs a sweep and judges its gates against the baseline that is committed beside it.

    `run` judges a stored run instead, and nothing is sent. `baseline` is a file or a URL (default:
    `reports/baselines/<sweep>.json`). `models`, `limit`, `fresh`, `resume` and `observe` are as for
    `run`; `announce` gets the plan before anything is sent, `warn` what is to be known of samples that are
    added later, before they are sent. `broken` limits the samples kept of each gate.

    With `up_to` (samples of an arm) or `repeats_to`, arms whose gates are inconclusive are asked for more:
    first samples, half as many again each time, then twice the repeats. All is then judged by a test that
    may be looked at any time, so that asking again raises no false alarm. The sweep's budget holds for all.

    Raises ConfigError before anything is sent: no gates, a gate that fits nothing, no baseline where one is
    needed, or one that cannot be read.
    """
    began, file = time.monotonic(), sweep_file(sweep, workspace, {"limit": limit})
    found = find_baseline(file, workspace, baseline)
    if run is not None:
        made = _stored(file, store, run)
    else:
        planned, wanted = gated_plan(sweep, workspace, {"limit": limit}, models)
        check_baseline(wanted, found, planned.name)
        if announce is not None:
            announce(planned)
        growing = None
        if up_to is not None or repeats_to is not None:
            growing = Growing.of(planned, up_to, repeats_to, known_samples(wanted, found))
        if growing is None:
            made = execute(planned, store, fresh=fresh, resume=resume, observe=observe).run.id
        else:
            look = partial(_judged, file, store, baseline=found, broken=0)
            guarded = partial(_guarded, workspace=workspace, warn=warn)
            made = grow(growing, store, wanted, look, guarded, fresh=fresh, resume=resume, observe=observe)
    judged = _judged(file, store, made, found, broken)
    shown = judged.baseline and _relative(found, workspace)
    return replace(judged, baseline=shown, seconds=time.monotonic() - began)


def demands(
    sweep: str | Path | Mapping[str, JSON], workspace: Workspace, models: Mapping[str, Model] | None = None
) -> list[Demand]:
    """What a check of the sweep will judge, known without sending anything: a test item each.

    A demand on slices has a result for each value that occurs. Raises ConfigError like `check`.
    """
    planned, found = gated_plan(sweep, workspace, None, models)
    if not found:
        check_baseline(found, None, planned.name)
    return found


def find_baseline(file: SweepFile, workspace: Workspace, given: str | Path | None = None) -> Baseline | None:
    """The baseline in a file or at a URL, or the sweep's own where a gate needs it; None where there is none.

    Raises ConfigError where it is damaged.
    """
    if given is not None:
        return read_baseline(given)
    if not any(gate.no_regression for gate in file.sweep.gates or ()):
        return None
    path = baseline_path(workspace, file.sweep.name)
    return read_baseline(path) if path.exists() else None


def _stored(file: SweepFile, store: Store, reference: str) -> str:
    row = store.find_run(reference)
    if row.name != file.sweep.name:
        raise ConfigError(f"run {row.id} is one of the sweep {row.name!r}, not of {file.sweep.name!r}")
    return str(row.id)


def _judged(file: SweepFile, store: Store, run: str, baseline: Baseline | None, broken: int) -> Check:
    try:
        return judge(store, run, file.sweep.gates or [], baseline, broken=broken)
    except GateError as error:
        raise file.error(error.message, *error.at) from None


def _guarded(plan: Plan, workspace: Workspace, warn: Callable[[str], None] | None) -> Plan:
    """The plan, with what its tuned models have seen of the samples that it has now."""
    found = with_tuned(plan, workspace)
    if warn is not None:
        for warning in found.warnings:
            if warning not in plan.warnings:
                warn(warning)
    return found


def _relative(baseline: Baseline | None, workspace: Workspace) -> str | None:
    """Where the baseline is, from the workspace on where it is inside."""
    if baseline is None or baseline.path is None:
        return None
    if isinstance(baseline.path, str):
        return baseline.path
    path = baseline.path.resolve()
    return str(path.relative_to(workspace.root) if path.is_relative_to(workspace.root) else baseline.path)
