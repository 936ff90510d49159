"""`run`: renders, asks, scores and stores; prints the leaderboard and what to do next."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promptsweep.cli.options import (
    AddressOption,
    Engine,
    EngineOption,
    JsonOption,
    LimitOption,
    LiveMissesOption,
    ModelOption,
    ReplayOption,
    StoreOption,
    SweepArgument,
    WindowOption,
    WorkersOption,
    WorkspaceOption,
)
from promptsweep.cli.output import emit, emit_json, note
from promptsweep.cli.places import find_workspace, opened, replayed
from promptsweep.errors import ConfigError, ExitCode
from promptsweep.urls import shown

if TYPE_CHECKING:
    from promptsweep.runners import Plan


def run(  # noqa: PLR0913, PLR0917  the options of the command
    sweep: SweepArgument,
    limit: LimitOption = None,
    model: ModelOption = None,
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
    engine: EngineOption = None,
    window: WindowOption = None,
    cancel: Annotated[
        bool,
        typer.Option(
            "--cancel",
            help="With --engine batch: cancel the batches of a run (--resume RUN, or the newest), and end.",
        ),
    ] = False,
    workers: WorkersOption = None,
    address: AddressOption = None,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="Show no progress.")] = False,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Run a sweep and print its leaderboard.

    Every reply is stored as it comes. Ctrl-C once finishes what is in flight, twice stops at once; either
    way the run can be resumed. Exit code 0: done; 4: incomplete; 130: interrupted.
    """
    from promptsweep import api
    from promptsweep.cli.views.progress import watching
    from promptsweep.cli.views.results import print_result
    from promptsweep.reports.batches import runs_at_vendor
    from promptsweep.reports.opening import known_store

    place, overrides = find_workspace(workspace), {"limit": limit, "models": model or None}
    models = replayed(sweep, place, overrides, replay, live_misses)
    with known_store(place, store) as known:
        planned = api.plan(sweep, place, overrides, models, known)
    cluster = api.chosen_cluster(
        place, engine, address=address, workers=workers, recording=replay, live_misses=live_misses
    )
    planned = api.on_engine(planned, engine, place, window)
    if cancel:
        if engine is not Engine.BATCH:
            raise ConfigError("--cancel is for --engine batch: live calls end with Ctrl-C")
        return _cancel(planned, workspace, store, resume)
    _announce(planned)
    with opened(workspace, store, create=True) as found:
        for run_id in runs_at_vendor(found, planned.name) if resume is None else ():
            note(f"run {run_id} has batches at the vendor: --engine batch --resume {run_id} picks them up")
        with watching(quiet=no_progress) as observe:
            result = api.execute(planned, found, fresh=fresh, resume=resume, observe=observe, cluster=cluster)
        if json:
            emit_json(result.run.as_json())
        else:
            print_result(result)
    if result.exit_code != ExitCode.OK:
        note(": ".join(dict.fromkeys([result.status.value, str(result.error)])))
        words = _resume_words(result.run.id, sweep, limit, model, store, workspace)
        words += [] if replay is None else ["--replay", str(replay)]
        words += ["--live-misses"] if live_misses else []
        words += _engine_words(engine, workers, address, window)
        note(f"resume: {shlex.join(words)}")
    raise typer.Exit(result.exit_code)


def _cancel(planned: Plan, workspace: Path | None, store: str | None, resume: str | None) -> None:
    from promptsweep import api

    with opened(workspace, store) as found:
        run, batches = api.cancel(planned, found, resume)
    for batch in batches:
        emit(f"cancelled {batch}")
    note(f"run {run}: {len(batches)} cancelled. What was finished is kept, and --resume picks it up.")


def _announce(planned: Plan) -> None:
    """What the user should know before anything is sent."""
    for line in dict.fromkeys(model.notice for model in [*planned.models, *planned.judges] if model.notice):
        note(line)
    for warning in planned.warnings:
        note(f"warning: {warning}")


def _engine_words(
    engine: Engine | None, workers: int | None, address: str | None, window: int | None
) -> list[str]:
    given = {"--engine": engine, "--workers": workers, "--address": address, "--window": window}
    return [word for name, value in given.items() if value is not None for word in (name, str(value))]


def _resume_words(
    identity: str,
    sweep: str,
    limit: int | None,
    models: list[str] | None,
    store: str | None,
    workspace: Path | None,
) -> list[str]:
    words = ["promptsweep", "run", sweep, "--resume", identity]
    words += [] if limit is None else ["--limit", str(limit)]
    words += [word for model in models or [] for word in ("--model", model)]
    words += [] if store is None else ["--store", shown(store)]
    words += [] if workspace is None else ["--workspace", str(workspace)]
    return words
