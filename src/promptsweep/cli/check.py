"""`check`: did this edit break the prompt? Runs a sweep, judges its gates, exits by the verdict."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from promptsweep.cli.options import (
    JsonOption,
    LimitOption,
    LiveMissesOption,
    ReplayOption,
    StoreOption,
    SweepArgument,
    WorkspaceOption,
)
from promptsweep.cli.output import note
from promptsweep.cli.places import find_workspace, opened, replayed
from promptsweep.errors import ConfigError
from promptsweep.urls import shown

if TYPE_CHECKING:
    from promptsweep.runners import Plan


def check(  # noqa: PLR0913, PLR0917  the options of the command
    sweep: SweepArgument,
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="RUN", help="Judge this stored run of the sweep; nothing is sent."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            metavar="FILE|URL",
            help="Default: reports/baselines/SWEEP.json in the workspace.",
            show_default=False,
        ),
    ] = None,
    limit: LimitOption = None,
    up_to: Annotated[
        int | None,
        typer.Option(
            "--up-to",
            min=1,
            metavar="N",
            help="Ask arms that are inconclusive for more samples, at most N of each dataset.",
        ),
    ] = None,
    repeats_to: Annotated[
        int | None,
        typer.Option(
            "--repeats-to", min=1, metavar="K", help="Then ask them again, at most K times each sample."
        ),
    ] = None,
    broken: Annotated[
        int, typer.Option("--broken", min=0, metavar="N", help="Show N samples that broke, for each gate.")
    ] = 10,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask again, even where a reply is stored.")] = False,
    resume: Annotated[
        str | None,
        typer.Option(
            "--resume",
            metavar="[RUN]",
            help="Go on with a run (default: the sweep's newest); nothing is redone.",
        ),
    ] = None,
    replay: ReplayOption = None,
    live_misses: LiveMissesOption = False,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORM[=FILE]",
            help="text, json, md, junit or github; may be given several times.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="The file of the one --format."),
    ] = None,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="Show no progress.")] = False,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Run a sweep and judge its gates against its baseline.

    Prints a verdict on each gate, the samples that broke, and what changed since `baseline save`. Exit code
    0: all passed; 1: a gate failed; 3: too few samples to tell, or not comparable; 4: incomplete. It sends
    live calls from this process; for another engine, `run SWEEP --engine …` first, and judge it with --run.
    """
    from promptsweep.api.checks import check as judged
    from promptsweep.api.planning import sweep_file
    from promptsweep.cli.views.check_formats import outputs, write_outputs
    from promptsweep.cli.views.progress import watching
    from promptsweep.cli.views.verdicts import check_text, print_check
    from promptsweep.reports.broken import MOST

    wanted = outputs(formats, output, json)
    if run is not None:
        _refuse_beside_run({"--fresh": fresh, "--resume": resume, "--up-to": up_to, "--replay": replay})
    place = find_workspace(workspace)
    models = replayed(sweep, place, {"limit": limit}, replay, live_misses)
    with opened(workspace, store, create=run is None) as found, watching(quiet=no_progress) as observe:
        made = judged(
            sweep,
            place,
            found,
            run=run,
            baseline=baseline,
            models=models,
            limit=limit,
            fresh=fresh,
            resume=resume,
            up_to=up_to,
            repeats_to=repeats_to,
            broken=max(broken, MOST),
            observe=observe,
            announce=_announce,
            warn=_warn,
        )
    file = sweep_file(sweep, place).path
    write_outputs(
        made,
        wanted,
        broken,
        text=lambda: print_check(made, broken),
        json=lambda: check_text(made),
        sweep=file,
    )
    if made.incomplete is not None:
        note(f"incomplete: {made.incomplete}")
    if made.incomplete is not None and run is None:
        words = ["promptsweep", "check", sweep, "--resume", made.run]
        options: Mapping[str, Any] = {
            "--limit": limit,
            "--up-to": up_to,
            "--repeats-to": repeats_to,
            "--baseline": baseline and shown(baseline),
            "--replay": replay,
            "--store": store and shown(store),
            "--workspace": workspace,
        }
        words += [word for name, value in options.items() if value is not None for word in (name, str(value))]
        words += ["--live-misses"] if live_misses else []
        note(f"resume: {shlex.join(words)}")
    raise typer.Exit(made.exit_code)


def _refuse_beside_run(options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if value not in (None, False):
            raise ConfigError(f"--run judges a stored run as it is: leave {name} out")


def _announce(planned: Plan) -> None:
    """What the user should know before anything is sent."""
    for line in dict.fromkeys(model.notice for model in [*planned.models, *planned.judges] if model.notice):
        note(line)
    for warning in planned.warnings:
        _warn(warning)


def _warn(warning: str) -> None:
    note(f"warning: {warning}")
