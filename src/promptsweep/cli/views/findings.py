"""What is to say about a workspace's datasets and sweeps before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from promptsweep.cli.views.planning import mistakes_of_arms, plan_unsent
from promptsweep.datasets import Problem, load
from promptsweep.errors import ConfigError
from promptsweep.reports.figures import plural
from promptsweep.workspace import Workspace


class Finding(NamedTuple):
    """One line about one thing."""

    level: Literal["ok", "note", "warning", "error"]
    text: str


def workspace_findings(workspace: Workspace) -> Iterator[Finding]:
    """About every dataset and sweep of the workspace itself, without the built-ins."""
    for name in _own(workspace, "datasets"):
        yield from _dataset_findings(name, workspace)
    for name in _own(workspace, "runners"):
        if name != "models":
            yield from sweep_findings(name, workspace)


def _own(workspace: Workspace, folder: str) -> list[str]:
    return sorted(path.stem for path in (workspace.root / folder).glob("*.yaml"))


def _dataset_findings(name: str, workspace: Workspace) -> Iterator[Finding]:
    """About all splits of a dataset; its last line says whether it can be used."""
    counts, usable = [], True
    try:
        dataset = load(name, workspace)
        for split in dataset.card.splits:
            survey = dataset.survey(split)
            counts.append(f"{split} {survey.count:,}")
            usable = usable and not survey.errors
            for problem in survey.problems:
                yield Finding("error" if problem.is_error else "warning", _located(problem))
            if leaked := dataset.leaked(split):
                count = plural(leaked, "input")
                yield Finding("warning", f"{dataset.path}: {count} of {split} also in train")
    except ConfigError as error:
        for mistake in (error, *error.others):
            yield Finding("error", str(mistake))
    else:
        if usable:
            yield Finding("ok", f"dataset {name}: {dataset.card.task}, {', '.join(counts)}")


def _located(problem: Problem) -> str:
    line = f":{problem.lines[0]}" if problem.lines else ""
    return f"{problem.place}{line}: {problem}"


def sweep_findings(reference: str, workspace: Workspace) -> Iterator[Finding]:
    """About a sweep: every mistake in it; or what it would run, and which keys it lacks."""
    try:
        unsent = plan_unsent(reference, workspace)
    except ConfigError as error:
        for mistake in dict.fromkeys([*mistakes_of_arms(reference, workspace), str(error)]):
            yield Finding("error", mistake)
        return
    for warning in unsent.plan.warnings:
        yield Finding("warning", warning)
    for model in unsent.keyless:
        yield Finding("note", f"sweep {reference}: the key of {model} is not set")
    size = f"{plural(len(unsent.plan.arms), 'arm')}, {plural(unsent.plan.total, 'record')}"
    yield Finding("ok", f"sweep {reference}: {size}")
