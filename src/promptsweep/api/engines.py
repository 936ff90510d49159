"""How a plan's requests are answered: by live calls from this process, or by vendors' Batch APIs."""

from __future__ import annotations

from dataclasses import replace

from promptsweep.api.entering import enter
from promptsweep.errors import ConfigError
from promptsweep.models import Model, Recalling
from promptsweep.models.batches import WINDOW, BatchModel
from promptsweep.models.endpoints import catalog
from promptsweep.reports import Store
from promptsweep.reports.batches import StoredNotes
from promptsweep.runners import Plan
from promptsweep.workspace import Workspace

ENGINES = ("local", "ray", "batch")
"""Live calls from this process, or from Ray's workers; the vendors' Batch APIs: cheaper, within a day."""


def on_engine(planned: Plan, engine: str | None, workspace: Workspace, window: int | None = None) -> Plan:
    """The same plan with models that the engine answers for; arms and requests keep their identity.

    `window` is how many samples are open at once in batches. Raises ConfigError for a model that cannot be
    asked in batches, naming the endpoints that can.
    """
    if engine != "batch":
        if window is not None:
            raise ConfigError("--window is for --engine batch; live calls are limited by `concurrency`")
        return planned
    found = {
        id(model): _in_batches(model, workspace, WINDOW if window is None else window)
        for model in planned.models
    }
    arms = tuple(replace(one, model=found[id(one.model)]) for one in planned.arms)
    return replace(planned, arms=arms)


def _in_batches(model: Model, workspace: Workspace, window: int) -> Model:
    from promptsweep.models.openai import OpenAIModel

    if isinstance(model, Recalling) and not model.sends:
        return model
    if isinstance(model, Recalling):
        raise ConfigError("--live-misses sends live calls: leave it out, or leave out --engine batch")
    terms = model.endpoint.batch if isinstance(model, OpenAIModel) else None
    if not isinstance(model, OpenAIModel) or terms is None:
        having = [name for name, one in catalog(workspace).endpoints.items() if one.batch is not None]
        raise ConfigError(
            f"{model.name} cannot be asked in batches; these endpoints can: {', '.join(having)}. For one of "
            "your own with OpenAI's Batch API, set its part of the price in runners/models.yaml: `batch: 0.5`"
        )
    return BatchModel(model, terms, window)


def cancel(planned: Plan, store: Store, resume: str | None = None) -> tuple[str, list[str]]:
    """Cancels at the vendors what a run (default: the sweep's newest) has under way; its id, and theirs.

    What was finished there is kept and charged: the run can be resumed, and picks it up.
    """
    run = str(store.find_run(resume or planned.name).id)

    models = note_batches(planned, store, run)

    async def work() -> list[str]:
        return [batch for model in models for batch in await _cancelled(model)]

    return run, enter(work())


async def _cancelled(model: BatchModel) -> list[str]:
    try:
        return await model.cancel()
    finally:
        await model.close()


def note_batches(planned: Plan, store: Store, run: str) -> list[BatchModel]:
    """Makes a plan's batches known to the store as that run's; returns the models."""
    models = [model for model in planned.models if isinstance(model, BatchModel)]
    for model in models:
        model.noted_in(StoredNotes(store, run))
    return models
