"""A sweep against a recording: its models replaced, and what was never recorded told in one line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promptsweep import runners
from promptsweep.embeddings import embeds
from promptsweep.models import Model, embedders, load
from promptsweep.models.forms import RequestForm
from promptsweep.models.loading import form_today
from promptsweep.models.recorded import recorded_models
from promptsweep.reports.figures import plural
from promptsweep.runners import Progress
from promptsweep.runners.panels import model_names
from promptsweep.types import JSON
from promptsweep.workspace import Workspace

SHOWN = 3
"""Arms that are named where a recording lacks their replies."""


def replayed_models(
    sweep: str | Path | Mapping[str, JSON],
    workspace: Workspace,
    recording: str | Path,
    *,
    overrides: Mapping[str, JSON] | None = None,
    live_misses: bool = False,
) -> Mapping[str, Model]:
    """Every model that a sweep names, replaced by what a file of `promptsweep record` holds of it.

    For `plan(…, models=…)` and the like: arms and requests keep their identity, so baselines and stored
    runs match. No key and no network is needed, and replies in the store are not looked at: the file alone
    decides, on every machine. What it does not hold is an error of its record; with `live_misses` it is
    looked up in the store and then sent to the real model. A default that models.yaml changed since counts
    as changed. Raises ConfigError for a file that is no recording, and for a model that it does not hold.
    """
    if isinstance(sweep, Mapping):
        given = {key: value for key, value in (overrides or {}).items() if value is not None}
        file = runners.parse({**sweep, **given}, Path("sweep"))
    else:
        file = runners.load(str(sweep), workspace, overrides)
    names = model_names(file, workspace)

    def live(name: str) -> Model:
        return load(name, workspace) if name in names else embedders.load(name, workspace)

    def edited(name: str, form: RequestForm) -> RequestForm:
        return form if embeds(form.base_url) else form_today(name, form, workspace)

    return recorded_models(Path(recording), names, live if live_misses else None, edited)


def unrecorded(progress: Progress) -> str:
    """Why a replayed run is not complete, and what to do."""
    arms = sorted(progress.misses.items(), key=lambda arm: -arm[1].records)
    named = [f"{label!r} ({plural(miss.records, 'record')})" for label, miss in arms[:SHOWN]]
    if len(arms) > SHOWN:
        named.append(plural(len(arms) - SHOWN, "other arm"))
    count = len(progress.unrecorded)
    parts = [
        f"{plural(count, 'request')} {'was' if count == 1 else 'were'} never recorded, of {', '.join(named)}"
    ]
    label, nearest = next(((label, miss.nearest) for label, miss in arms if miss.nearest), ("", ""))
    if nearest:
        parts.append(nearest if len(arms) == 1 else f"Of {label!r}: {nearest}")
    others = progress.errors - sum(miss.records for _, miss in arms)
    if others:
        parts.append(f"{plural(others, 'more record')} ended in an error; the last: {progress.last_error}")
    parts.append("Run the sweep and record it again, or send these requests alone with --live-misses")
    return ". ".join(parts)
