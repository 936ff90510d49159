"""`validate`: looks at every dataset and sweep, and says all that is wrong; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from promptsweep.cli.options import WorkspaceOption
from promptsweep.cli.output import emit, note, plural
from promptsweep.cli.places import find_workspace
from promptsweep.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from promptsweep.datasets import Problem
    from promptsweep.workspace import Workspace


class Finding(NamedTuple):
    """One line about one thing."""

    level: Literal["ok", "note", "warning", "error"]
    text: str


def validate(
    sweeps: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SWEEP]...", help="Sweeps. Default: all sweeps and datasets of the workspace."),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Check datasets and sweeps without sending anything, and show every mistake at once.

    Duplicates and missing targets are warnings. A key that is not set is a note: only `run` needs it.
    Exit code 2 if anything is wrong.
    """
    place = find_workspace(workspace)
    errors = 0
    for finding in _findings(sweeps, place):
        if finding.level == "error":
            errors += 1
            note(f"error: {finding.text}")
        else:
            emit(f"{finding.level}: {finding.text}")
    if errors:
        note(f"{plural(errors, 'mistake')} found")
        raise typer.Exit(ExitCode.USAGE)


def _findings(sweeps: list[str] | None, workspace: Workspace) -> Iterator[Finding]:
    if not sweeps:
        for name in _own(workspace, "datasets"):
            yield from _dataset(name, workspace)
        sweeps = [name for name in _own(workspace, "runners") if name != "models"]
    for sweep in sweeps:
        yield from _sweep(sweep, workspace)


def _own(workspace: Workspace, folder: str) -> list[str]:
    """Names in the workspace itself, without the built-ins."""
    return sorted(path.stem for path in (workspace.root / folder).glob("*.yaml"))


def _dataset(name: str, workspace: Workspace) -> Iterator[Finding]:
    from promptsweep.datasets import load

    counts = []
    try:
        dataset = load(name, workspace)
        for split in dataset.card.splits:
            survey = dataset.survey(split)
            counts.append(f"{split} {survey.count}")
            for problem in survey.problems:
                yield Finding("error" if problem.is_error else "warning", _located(problem))
    except ConfigError as error:
        yield Finding("error", str(error))
    else:
        yield Finding("ok", f"dataset {name}: {dataset.card.task}, {', '.join(counts)}")


def _located(problem: Problem) -> str:
    line = f":{problem.lines[0]}" if problem.lines else ""
    return f"{problem.place}{line}: {problem}"


def _sweep(reference: str, workspace: Workspace) -> Iterator[Finding]:
    from promptsweep.cli.planning import mistakes_of_arms, plan_unsent

    try:
        unsent = plan_unsent(reference, workspace)
    except ConfigError as error:
        for mistake in mistakes_of_arms(reference, workspace) or [str(error)]:
            yield Finding("error", mistake)
        return
    for warning in unsent.plan.warnings:
        yield Finding("warning", warning)
    for model in unsent.keyless:
        yield Finding("note", f"sweep {reference}: the key of {model} is not set")
    arms = plural(len(unsent.plan.arms), "arm")
    yield Finding("ok", f"sweep {reference}: {arms}, {plural(unsent.plan.total, 'record')}")
