"""What the Python face hands out: a stored run, and how an execution of it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptsweep.errors import ExitCode
from promptsweep.reports import Store, summarise
from promptsweep.reports.tuned import TunedModel, tuned_models
from promptsweep.runners import Progress
from promptsweep.types import JSON, Status

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from promptsweep.reports.verdicts import Check


@dataclass(frozen=True, slots=True)
class Run:
    """A run in a store."""

    id: str
    store: Store

    @property
    def row(self) -> Any:
        """The run as stored: name, status, created, sweep, versions, error."""
        return self.store.find_run(self.id)

    @property
    def status(self) -> Status:
        """Where the run stands."""
        return Status(self.row.status)

    def summaries(self) -> list[Any]:
        """An `ArmSummary` for each arm."""
        return summarise(self.store, self.id, self.row.repeats)

    def tuned(self) -> list[TunedModel]:
        """Its tuned models: base, training data, and whether they had seen what is evaluated."""
        return tuned_models(self.row, [arm.model for arm in self.store.arms(self.id)])

    def as_json(self) -> dict[str, JSON]:
        """The document that `run --json` and `show --json` print."""
        row = self.row
        arms = [summary.as_json() for summary in self.summaries()]
        found = {"run": self.id, "name": row.name, "status": row.status, "error": row.error, "arms": arms}
        tuned = [one.as_json() for one in self.tuned()]
        return found | ({"tuned": tuned} if tuned else {})

    def table(self) -> pd.DataFrame:
        """One row an arm; each metric with its bounds in columns `name`, `name_low`, `name_high`."""
        from promptsweep.reports.frames import arm_frame

        return arm_frame(self.summaries())

    def records(self, arm: str | None = None) -> pd.DataFrame:
        """One row a record, of all arms or of the one whose label contains `arm`."""
        from promptsweep.reports.frames import record_frame

        return record_frame(self.store, self.id, arm)

    def grades(self) -> pd.DataFrame:
        """One row a grade that somebody gave on the dashboard: who, what of, which value, when."""
        from promptsweep.reports.frames import grade_frame

        return grade_frame(self.store, self.id)

    def compare(self, arm: str | None = None, metric: str | None = None) -> pd.DataFrame:
        """Every arm against one (default: the first), paired by sample."""
        from promptsweep.reports.frames import comparison_frame

        return comparison_frame(self.store, self.id, arm, metric)

    def check(  # noqa: PLR0913  the keys of a gate
        self,
        metric: str,
        *,
        margin: float | None = None,
        min: float | None = None,
        max: float | None = None,
        arm: str | None = None,
        dataset: str | None = None,
        slice: str | None = None,
        alpha: float | None = None,
        by: str | None = None,
        baseline: str | Path | None = None,
    ) -> Check:
        """Judges one gate, whose keys are those of a sweep file; nothing is sent.

        `margin` forbids that the metric gets worse than in the baseline by so much, as does no limit at all
        (then by 0.02). `baseline` is a file; default: the workspace's for this sweep. A `Check` says for each
        arm and slice whether it passed, why, and which samples broke.
        """
        from promptsweep.api.gating import check_run

        limits = {"margin": margin, "alpha": alpha, "min": min, "max": max, "by": by}
        keys = {"metric": metric, "arm": arm, "dataset": dataset, "slice": slice, **limits}
        return check_run(self.store, self.id, keys, baseline)


@dataclass(frozen=True, slots=True)
class Result:
    """How an execution ended."""

    run: Run
    status: Status
    progress: Progress
    error: str | None

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a command that ran this."""
        codes = {Status.DONE: ExitCode.OK, Status.INTERRUPTED: ExitCode.INTERRUPTED}
        return codes.get(self.status, ExitCode.INCOMPLETE)
