"""Fine-tuning jobs: started on an exported file, followed to their end, and entered in models.yaml."""

from __future__ import annotations

import io
import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from promptsweep import config
from promptsweep.errors import ConfigError, IncompleteError, RateLimitError, ServerError
from promptsweep.models.endpoints import FILE, RESERVED, catalog
from promptsweep.models.finetuning import ENDED, Event, Job, Jobs
from promptsweep.models.lineage import Lineage, content_digest, manifest_path, read_manifest
from promptsweep.models.loading import served
from promptsweep.models.prices import endpoint_rates
from promptsweep.models.training_files import Size, check_file
from promptsweep.reports.objects import stored
from promptsweep.types import JSON
from promptsweep.workspace import Workspace

PATIENCE = 8
"""Failures in a row after which following ends; the job goes on."""
LONGEST_WAIT = 60.0
"""Seconds between two looks while the endpoint fails."""
LOOKED_THROUGH = 100
"""Newest jobs among which one with the same file is looked for."""


@dataclass(frozen=True, slots=True)
class Started:
    """A job that was just started."""

    job: Job
    endpoint: str
    size: Size
    manifest: str
    """Of the training file, from the workspace's root; "" where there is none that fits."""


def start(
    model: str,
    file: Path,
    workspace: Workspace,
    *,
    validation: Path | None = None,
    options: Mapping[str, JSON],
    again: bool = False,
) -> Started:
    """Checks the files as the vendor does, uploads them and starts a job.

    `options` are those of `Jobs.create`. Raises ConfigError, before anything is uploaded, for a file that
    would be refused; and unless `again`, where a job that has not failed trains this model on this file.
    """
    short = served(model, catalog(workspace))
    jobs = Jobs(short.endpoint, workspace)
    size, digest = check_file(file), content_digest(file.read_bytes())
    if validation is not None:
        check_file(validation, least=1)
    if not again:
        _refuse_twice(jobs, short.name, digest)
    manifest = _manifest_of(file, digest, workspace)
    notes = {"promptsweep": version("promptsweep"), "base": model, "data": digest}
    notes |= {"manifest": manifest} if manifest else {}
    uploaded = jobs.upload(file)
    beside = None if validation is None else jobs.upload(validation)
    try:
        job = jobs.create(short.name, uploaded, beside, options, notes)
    except ServerError as error:
        listed = shlex.join(["promptsweep", "finetune", "list", "--endpoint", jobs.name])
        raise IncompleteError(f"{error}. It may have been started all the same: {listed}") from None
    return Started(job, jobs.name, size, manifest)


def _refuse_twice(jobs: Jobs, model: str, digest: str) -> None:
    for job in jobs.list(LOOKED_THROUGH):
        same = job.notes.get("data") == digest and job.model == model
        if same and job.status not in ENDED - {"succeeded"}:
            raise ConfigError(
                f"job {job.id} ({job.status}) trains {model} on this file: "
                f"promptsweep finetune follow {job.id}, or --again to pay for another"
            )


def _manifest_of(file: Path, digest: str, workspace: Workspace) -> str:
    """The manifest beside a file, if it is in the workspace and of this content."""
    path = manifest_path(file).resolve()
    if not (path.is_file() and path.is_relative_to(workspace.root)):
        return ""
    fits = any(one.digest == digest for one in read_manifest(path).files)
    return path.relative_to(workspace.root).as_posix() if fits else ""


def follow(
    jobs: Jobs,
    identity: str,
    *,
    poll: float,
    tell: Callable[[Event], None],
    trouble: Callable[[str], None],
    wait: Callable[[float], None] = time.sleep,
) -> Job:
    """Waits until a job has ended, however; `tell` gets each event once, `trouble` each failure to look.

    Nothing is kept here: whoever stops can follow the same id again. Raises IncompleteError where the
    endpoint cannot be reached any more, and the job goes on.
    """
    seen: set[str] = set()
    failed = 0
    while True:
        try:
            job = jobs.get(identity)
            for event in reversed(list(takewhile(lambda one: one.id not in seen, jobs.events(identity)))):
                seen.add(event.id)
                tell(event)
        except (ServerError, RateLimitError) as error:
            failed += 1
            if failed > PATIENCE:
                raise IncompleteError(f"{error}. The job goes on") from None
            trouble(str(error))
        else:
            failed = 0
            if job.ended:
                return job
        wait(min(poll * 2**failed, max(poll, LONGEST_WAIT)))


def check_success(job: Job) -> None:
    """Raises IncompleteError for a job that failed or was cancelled, with its reason."""
    if job.status != "succeeded" or not job.tuned:
        why = f": {job.error}" if job.error else ""
        raise IncompleteError(f"job {job.id} {job.status}{why}")


def lineage_of(job: Job, endpoint: str) -> Lineage:
    """Where a job's model comes from, as whoever started it noted."""
    return Lineage(
        base=job.notes.get("base") or f"{endpoint}/{job.model}",
        data=job.notes.get("data", ""),
        method=job.method,
        job=job.id,
        manifest=job.notes.get("manifest", ""),
    )


def entry(job: Job, endpoint: str) -> dict[str, JSON]:
    """What models.yaml says of a job's model."""
    return {"endpoint": endpoint, "name": job.tuned, "lineage": lineage_of(job, endpoint).as_json()}


def entry_text(name: str, content: Mapping[str, JSON]) -> str:
    """An entry as it stands in models.yaml."""
    text = io.StringIO()
    _yaml().dump({"models": {name: content}}, text)
    return text.getvalue().rstrip()


def check_name(name: str, workspace: Workspace) -> None:
    """Raises ConfigError for a name that no new entry of models.yaml can have."""
    if name in RESERVED or name in catalog(workspace).models:
        raise ConfigError(f"{name!r} is taken: choose another name for the tuned model")


def add_entry(name: str, content: Mapping[str, JSON], workspace: Workspace) -> Path:
    """Enters a model in the workspace's models.yaml, whose comments and order stay; returns the file."""
    check_name(name, workspace)
    path = workspace.root / "runners" / FILE
    data: Any = (_yaml().load(config.read_text(path)) if path.is_file() else None) or {}
    data.setdefault("models", {})[name] = content
    text = io.StringIO()
    _yaml().dump(data, text)
    with stored(path) as fresh:
        fresh.write_text(text.getvalue(), encoding="utf-8")
    return path


def priced(job: Job, endpoint: str, workspace: Workspace) -> bool:
    """Whether the price of a job's model is known."""
    return endpoint_rates(catalog(workspace).endpoints[endpoint], str(job.tuned)) is not None


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 4096  # a long name stays on its line
    yaml.preserve_quotes = True
    return yaml
