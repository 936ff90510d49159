"""The leaderboard: the arms of a run by dataset, each metric with its interval, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from promptsweep.cli import figures
from promptsweep.cli.output import console, emit, plural
from promptsweep.cli.tables import Column, fitting
from promptsweep.types import Outcome

if TYPE_CHECKING:
    from promptsweep.api import Run
    from promptsweep.reports import ArmSummary


def print_leaderboard(run: Run) -> None:
    """Prints a table for each dataset, and below what the brackets mean and what is missing."""
    groups: dict[tuple[str, str], list[ArmSummary]] = {}
    for arm in run.summaries():
        groups.setdefault((arm.dataset, arm.split), []).append(arm)
    printer = console()
    for (dataset, split), arms in groups.items():
        emit(_title(dataset, split, arms), "", *_spaced(fitting(printer, *_columns(arms))))
        emit(*_missing(arms))
        emit("")
    emit(_legend(bold=printer.is_terminal))
