"""Fine-tuning in the terminal: what was exported, what happens to a job, what to write into models.yaml."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from promptsweep.api.finetuning import Started, entry, entry_text, priced
from promptsweep.api.training_data import Exported
from promptsweep.cli.output import console, emit, note
from promptsweep.cli.views.tables import Column, fitting
from promptsweep.models.finetuning import Event, Job
from promptsweep.reports.figures import plural
from promptsweep.types import JSON
from promptsweep.workspace import Workspace

NAMED = 10
"""Rows that were left out and are named."""


def print_exported(made: Exported) -> None:
    """Prints the files, and what was left out of them."""
    manifest = made.manifest
    for file, path in zip(manifest.files, made.paths, strict=False):
        sizes = f"{file.tokens:,} tokens, the longest {file.longest:,}"
        emit(f"{path}: {plural(file.examples, 'example')} ({file.part}), {sizes}, data {file.digest[:12]}")
    emit(f"{made.paths[-1]}: the manifest; keep it beside the file")
    if manifest.leaked:
        more = ", …" if len(manifest.leaked) > NAMED else ""
        rows, named = plural(len(manifest.leaked), "row"), ", ".join(manifest.leaked[:NAMED])
        note(f"left out: {rows} that an evaluated split has as well: {named}{more}")
    if made.without_target:
        note(f"left out: {plural(made.without_target, 'row')} without a target")
    if manifest.form == "chat":
        start = shlex.join(["promptsweep", "finetune", "start", str(made.paths[0])])
        start += f" --validation {shlex.quote(str(made.paths[1]))}" if len(manifest.files) > 1 else ""
        emit("Next:", f"  {start} --model NAME")


def started_lines(made: Started, epochs: int | None) -> Iterator[str]:
    """What was started, how much it trains, and how to go on."""
    passes = "an epoch" if epochs is None else f"in {plural(epochs, 'epoch')}"
    tokens = made.size.tokens * (epochs or 1)
    examples = plural(made.size.examples, "example")
    yield f"{made.job.id}: {made.job.status}; {examples}, {tokens:,} tokens {passes}"
    if not made.manifest:
        yield "No manifest in the workspace fits the file: no run can tell whether it evaluates trained rows."
    yield "Next:"
    yield f"  promptsweep finetune follow {made.job.id} --endpoint {made.endpoint} --as NAME"


def event_line(event: Event) -> str:
    """`14:03:07 Step 10/99`, with the level where it is not an information."""
    level = "" if event.level == "info" else f"{event.level}: "
    return f"{event.created.astimezone():%H:%M:%S} {level}{event.message}"


def print_entry(job: Job, endpoint: str, name: str | None, workspace: Workspace) -> None:
    """Prints what models.yaml says of the tuned model, or is to say."""
    trained = "" if job.trained_tokens is None else f", {job.trained_tokens:,} tokens trained"
    emit(f"{job.id}: {job.status}{trained}", "")
    if name is None:
        emit("For runners/models.yaml:", "")
    emit(entry_text(name or "tuned", entry(job, endpoint)))
    if not priced(job, endpoint, workspace):
        note(
            f"the price of {job.tuned} is unknown: write it under endpoints: {{{endpoint}: {{prices: …}}}}, "
            "for costs and budgets in dollars"
        )


def print_jobs(found: Sequence[Job]) -> None:
    """Prints a table of jobs."""
    if not found:
        emit("No job yet: promptsweep finetune start FILE --model NAME starts one.")
        return
    keys = [Column("job", [one.id for one in found])]
    rest = [
        Column("status", [one.status for one in found]),
        Column("model", [one.model for one in found], wraps=True),
        Column("tuned", [one.tuned or one.error or "–" for one in found], wraps=True),
        Column(
            "tokens",
            ["–" if one.trained_tokens is None else f"{one.trained_tokens:,}" for one in found],
            "right",
        ),
        Column("began", [f"{one.created.astimezone():%Y-%m-%d %H:%M}" for one in found]),
    ]
    emit(*fitting(console().width, keys, rest))


def job_json(job: Job) -> dict[str, JSON]:
    """A job as JSON."""
    return {
        "job": job.id,
        "status": job.status,
        "model": job.model,
        "tuned": job.tuned,
        "created": job.created.isoformat(timespec="seconds"),
        "trained_tokens": job.trained_tokens,
        "error": job.error,
        "method": job.method,
        "notes": dict(job.notes),
    }
