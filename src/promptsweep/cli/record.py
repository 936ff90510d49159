"""`record`: a run's replies as a file that stands in for its models."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from promptsweep.cli.options import RunArgument, StoreOption, WorkspaceOption
from promptsweep.cli.output import emit, note
from promptsweep.cli.places import opened


def record(
    run: RunArgument = "latest",
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            dir_okay=False,
            help="Where to write it: .jsonl, .jsonl.gz or .jsonl.zst.",
        ),
    ] = Path("responses.jsonl.zst"),
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write the replies of a run to a file, for runs without key and network.

    `run SWEEP --replay FILE` and `check SWEEP --replay FILE` then take them from there. The file holds every
    prompt and reply of the run, each once, and never a key.
    """
    from promptsweep.reports.figures import plural
    from promptsweep.reports.recording import record as write

    with opened(workspace, store) as found:
        made = write(found, run, output)
    size = f"{made.size / 1e6:,.1f} MB" if made.size >= 1e6 else f"{made.size / 1e3:,.1f} kB"
    models = ", ".join(made.models)
    replies = "1 reply" if made.replies == 1 else f"{made.replies:,} replies"
    emit(f"{made.path}: {replies} of {models} ({size})")
    if made.lost:
        note(f"note: {plural(made.lost, 'call')} of run {made.run} ended in an error: no reply to record")
    emit(f"Next: {shlex.join(['promptsweep', 'run', made.sweep, '--replay', str(made.path)])}")
