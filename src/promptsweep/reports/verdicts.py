"""Verdicts of gates: what every face prints, and the exit code that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from promptsweep.errors import ExitCode
from promptsweep.reports.flips import Flip
from promptsweep.reports.judges import JudgeSpending


class Verdict(StrEnum):
    """What the evidence says of a gate."""

    PASS = "PASS"  # noqa: S105  a verdict, not a password
    REGRESSED = "REGRESSED"
    """Worse than the baseline by more than the margin, or beyond a threshold."""
    INCONCLUSIVE = "INCONCLUSIVE"
    """Too few samples to tell, or nothing to compare with."""


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate, judged for one arm (and one value of its slice)."""

    arm: str
    """The arm's label."""
    metric: str
    slice: str | None
    """`language=ko`; None for all samples."""
    rule: str
    """What is demanded, as a user reads it: `≥ 0.80`, `≤ 2.5`, `no regression beyond 0.02`."""
    verdict: Verdict
    value: float
    """The arm's measured value; nan where nothing was scored."""
    baseline: float | None
    """The baseline's value on the same samples; None for a threshold."""
    difference: float | None
    """New minus baseline, paired by sample; None for a threshold."""
    low: float
    """Of the interval that was judged: the difference's, or the value's for a threshold."""
    high: float
    n: int
    """Independent samples behind it; those in common with the baseline."""
    needed: int | None
    """About how many samples would settle it; None where it is settled or nobody can tell."""
    reason: str
    """One sentence, ending in a full stop, that a reader without statistics understands."""
    broken: tuple[Flip, ...] = ()
    """Samples that the baseline got right and the new run wrong, worst first. Empty for a threshold."""

    @property
    def id(self) -> str:
        """The gate's name in a test report, unique in its check: arm, metric, slice and rule."""
        return " × ".join(part for part in (self.arm, self.metric, self.slice, self.rule) if part)


@dataclass(frozen=True, slots=True)
class Check:
    """All gates of a sweep judged for one run."""

    sweep: str
    """The sweep's name."""
    run: str
    """The id of the run that was judged."""
    baseline: str | None
    """Where the baseline is (a path), None where no gate needed one."""
    results: tuple[GateResult, ...]
    changes: Mapping[str, tuple[str, ...]]
    """Arm label → what differs from the baseline, a line each: `template answer.j2`, `3 rows`."""
    incomplete: str | None = None
    """Why the run is not complete, where it is not: its verdicts rest on what there is."""
    seconds: float = 0.0
    interrupted: bool = False
    """Whether the run was stopped by hand: its exit code is 130, whatever the verdicts so far."""
    judges: tuple[JudgeSpending, ...] = ()
    """What the run's judges took, by model."""

    @property
    def exit_code(self) -> ExitCode:
        """130 where it was interrupted, else 1 where a gate failed, 4 where the run is incomplete, 3 where a
        gate is inconclusive, and 0 where all passed.
        """
        if self.interrupted:
            return ExitCode.INTERRUPTED
        verdicts = {result.verdict for result in self.results}
        if Verdict.REGRESSED in verdicts:
            return ExitCode.GATE_FAILED
        if self.incomplete is not None:
            return ExitCode.INCOMPLETE
        return ExitCode.INCONCLUSIVE if Verdict.INCONCLUSIVE in verdicts else ExitCode.OK
