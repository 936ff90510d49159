"""`finetune`: jobs that tune a model on an exported file, at an endpoint that has them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from promptsweep.cli.options import JsonOption, WorkspaceOption
from promptsweep.cli.output import emit, emit_json, note
from promptsweep.cli.places import find_workspace
from promptsweep.errors import IncompleteError

finetune = typer.Typer(
    help="Tune a model on an exported file: start, follow, list and cancel jobs.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="A job's id, as `finetune list` shows it.")]
EndpointOption = Annotated[
    str,
    typer.Option("--endpoint", "-e", metavar="NAME", help="The endpoint in models.yaml that has the job."),
]


@finetune.command()
def start(  # noqa: PLR0913, PLR0917  the options of the command
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A file of export-finetune: chats."),
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", metavar="NAME", help="What is tuned, such as openai/gpt-4.1-mini-2025-04-14."
        ),
    ],
    validation: Annotated[
        Path | None,
        typer.Option(
            "--validation",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Examples that are only evaluated.",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            "--epochs", min=1, metavar="N", help="Passes over the file. Default: the vendor's choice."
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            "--batch-size", min=1, metavar="N", help="Examples a step. Default: the vendor's choice."
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            "--learning-rate", min=0, metavar="X", help="Multiplier of the vendor's own learning rate."
        ),
    ] = None,
    suffix: Annotated[
        str | None, typer.Option("--suffix", metavar="TEXT", help="Part of the tuned model's name.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Of the training.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also where a job trains this model on this file already.")
    ] = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Check a training file as the vendor does, upload it, start a job.

    Training costs money. The job carries where it comes from, so that `finetune follow` works anywhere.
    """
    from promptsweep.api.finetuning import start as begin
    from promptsweep.cli.views.finetuning import job_json, started_lines

    given = {
        "n_epochs": epochs,
        "batch_size": batch_size,
        "learning_rate_multiplier": learning_rate,
        "suffix": suffix,
        "seed": seed,
    }
    options = {name: value for name, value in given.items() if value is not None}
    place = find_workspace(workspace)
    made = begin(model, file, place, validation=validation, options=options, again=again)
    if json:
        emit_json(job_json(made.job))
    else:
        emit(*started_lines(made, epochs))


@finetune.command()
def follow(
    job: JobArgument,
    endpoint: EndpointOption = "openai",
    name: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="NAME", help="Enter the tuned model in runners/models.yaml by this name."
        ),
    ] = None,
    poll: Annotated[
        float, typer.Option("--poll", min=0.05, metavar="SECONDS", help="Between two looks at the job.")
    ] = 10.0,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Print what happens to a job until it ends.

    Then the entry of its model in models.yaml, with its lineage. Stopping stops nothing: follow the same id
    again. Exit code 4: it failed, was cancelled, or cannot be reached.
    """
    from promptsweep.api import finetuning
    from promptsweep.cli.views.finetuning import event_line, job_json, print_entry
    from promptsweep.models.finetuning import Jobs

    place = find_workspace(workspace)
    if name is not None:
        finetuning.check_name(name, place)
    jobs = Jobs(endpoint, place)
    words = ["promptsweep", "finetune", "follow", job, "--endpoint", endpoint]
    words += [] if name is None else ["--as", name]
    words += [] if workspace is None else ["--workspace", str(workspace)]
    try:
        ended = finetuning.follow(
            jobs,
            job,
            poll=poll,
            tell=lambda event: note(event_line(event)),
            trouble=lambda text: note(f"waiting: {text}"),
        )
    except (KeyboardInterrupt, IncompleteError):
        note(f"resume: {shlex.join(words)}")
        raise
    finetuning.check_success(ended)
    if name is not None:
        path = finetuning.add_entry(name, finetuning.entry(ended, endpoint), place)
        note(f"wrote {name} to {path}")
    if json:
        emit_json(job_json(ended) | {"entry": finetuning.entry(ended, endpoint)})
    else:
        print_entry(ended, endpoint, name, place)


@finetune.command("list")
def list_jobs(
    endpoint: EndpointOption = "openai",
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="N", help="At most N jobs, the newest first.")
    ] = 20,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """List the jobs of an endpoint."""
    from promptsweep.cli.views.finetuning import job_json, print_jobs
    from promptsweep.models.finetuning import Jobs

    found = Jobs(endpoint, find_workspace(workspace)).list(limit)
    if json:
        emit_json([job_json(one) for one in found])
    else:
        print_jobs(found)


@finetune.command()
def cancel(
    job: JobArgument,
    endpoint: EndpointOption = "openai",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Stop a job. What it has trained so far is lost, and paid for."""
    from promptsweep.cli.views.finetuning import job_json
    from promptsweep.models.finetuning import Jobs

    found = Jobs(endpoint, find_workspace(workspace)).cancel(job)
    if json:
        emit_json(job_json(found))
    else:
        emit(f"{found.id}: {found.status}")
