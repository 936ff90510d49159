"""`validate`: looks at every dataset and sweep, and says all that is wrong; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from promptsweep.cli.options import WorkspaceOption
from promptsweep.cli.output import emit, note
from promptsweep.cli.places import find_workspace
from promptsweep.errors import ExitCode

if TYPE_CHECKING:
    from promptsweep.cli.views.findings import Finding


def validate(
    sweeps: Annotated[
        list[str] | None,
        typer.Argument(metavar="SWEEP...", help="Sweeps. Default: all sweeps and datasets of the workspace."),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Check datasets and sweeps; show every mistake at once.

    Nothing is sent. Duplicates and missing targets are warnings. A key that is not set is a note, because
    only `run` needs it. Exit code 2 if anything is wrong.
    """
    from promptsweep.cli.views.findings import sweep_findings, workspace_findings

    place = find_workspace(workspace)
    if sweeps:
        found = _printed(one for sweep in sweeps for one in sweep_findings(sweep, place))
    else:
        found = _printed(workspace_findings(place))
    if any(finding.level == "error" for finding in found):
        raise typer.Exit(ExitCode.USAGE)


def _printed(findings: Iterable[Finding]) -> set[Finding]:
    """The findings, each printed as it is found and only once: mistakes to stderr, the rest to stdout."""
    printed: set[Finding] = set()
    for finding in findings:
        if finding not in printed:
            printed.add(finding)
            line = f"{finding.level}: {finding.text}"
            note(line) if finding.level == "error" else emit(line)
    return printed
