"""What the fixture `promptsweep_run` hands out: a sweep that ran, to be judged in a test."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promptsweep.pytest_plugin.items import judge
from promptsweep.pytest_plugin.places import once, opened_store, replay_models, sweep_path, workspace

if TYPE_CHECKING:
    from promptsweep.api import Run
    from promptsweep.models import Model
    from promptsweep.reports.verdicts import Check
    from promptsweep.types import JSON


@dataclass(frozen=True, slots=True)
class SweepRun:
    """A sweep that ran in this session."""

    run: Run
    """For tables, records and comparisons."""
    config: pytest.Config

    def check(self, metric: str, **keys: Any) -> Check:
        """Fails the test, with the verdict table and the broken samples, unless the gate passes.

        Takes what `Run.check` takes: `margin`, `min`, `max`, `arm`, `dataset`, `slice`, `alpha`, `by`,
        `baseline`. Returns the check where it passed.
        """
        __tracebackhide__ = True
        from promptsweep.reports.baselines import baseline_path

        usual = baseline_path(workspace(), str(self.run.row.name))
        given = {"baseline": usual if usual.is_file() else None, **keys}
        check = self.run.check(metric, **given)
        failure = judge(self.config, check, check.results)
        if failure is not None:
            pytest.fail(failure, pytrace=False)
        return check


class SweepRuns:
    """The sweeps of a session, each run once, in whatever process asks first."""

    def __init__(self, config: pytest.Config):
        self._config, self._closing = config, contextlib.ExitStack()

    def run(
        self,
        sweep: str | Path | Mapping[str, JSON],
        *,
        models: Mapping[str, Model] | None = None,
        limit: int | None = None,
        fresh: bool = False,
    ) -> SweepRun:
        """Runs a sweep (a name, a file, or its content) unless this session has run it.

        `models` stand in for models by their names; two that share a name are taken for the same. Without
        them `--promptsweep-replay` counts.
        """
        __tracebackhide__ = True
        from promptsweep.api import Run

        content = sweep if isinstance(sweep, Mapping) else str(sweep_path(sweep))
        replay = None if models else self._config.getoption("promptsweep_replay")
        named = {name: model.digest for name, model in (models or {}).items()}
        key = json.dumps(["run", content, named, limit, fresh, replay], sort_keys=True, default=str)
        identity = once(self._config)(key, lambda: self._execute(content, models, limit, fresh))
        return SweepRun(Run(identity, self._closing.enter_context(opened_store())), self._config)

    def _execute(
        self,
        sweep: str | Mapping[str, JSON],
        models: Mapping[str, Model] | None,
        limit: int | None,
        fresh: bool,
    ) -> str:
        """The id of the run; it is stored, so that other processes find it."""
        from promptsweep import api

        given = models or replay_models(self._config, sweep, limit)
        again = fresh or bool(self._config.getoption("promptsweep_fresh"))
        planned = api.plan(sweep, workspace(), {"limit": limit}, given)
        with opened_store() as store:
            return api.execute(planned, store, fresh=again).run.id

    def close(self) -> None:
        """Closes the stores that were opened."""
        self._closing.close()
