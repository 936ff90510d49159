"""A prompt tried on one sample: planned, rendered, sent and scored as in a run, and not stored as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from promptsweep.api.endpoints import unsent_embedder, without_key
from promptsweep.api.entering import enter
from promptsweep.datasets import Dataset
from promptsweep.embeddings import brief, shown
from promptsweep.errors import ConfigError, ModelError, PromptsweepError, RunFatalError
from promptsweep.models import Model
from promptsweep.prompts import Templates
from promptsweep.prompts import load as load_strategy
from promptsweep.prompts.templates import TEMPLATE
from promptsweep.reports import Store
from promptsweep.reports.calls import TraceCall
from promptsweep.reports.outside import PLAYGROUND, entering
from promptsweep.reports.traces import Trace
from promptsweep.runners import Allowance, Budget, PlannedArm, Planner, Progress, Purse, first_request, parse
from promptsweep.runners.costs import Cost, worst_case
from promptsweep.runners.embedding import Embedding
from promptsweep.runners.gateway import Gateway
from promptsweep.runners.jobs import Job, attempt
from promptsweep.runners.panels import model_names
from promptsweep.runners.selection import Checked
from promptsweep.types import JSON, Completion, Record, Request, Sample
from promptsweep.workspace import Workspace

MOST_REQUESTS = 100
"""Requests of one send, retries included, whatever they cost."""
OWN = "own text"
"""Id of a sample that the user wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is tried."""

    strategy: str
    dataset: str
    model: str
    split: str | None = None
    """None for the one that is evaluated."""
    strategy_params: Mapping[str, JSON] = field(default_factory=dict)
    params: Mapping[str, JSON] = field(default_factory=dict)
    """Sampling parameters."""
    system: str = "none"
    """Name of a persona, or `none`."""
    edits: Mapping[str, str] = field(default_factory=dict)
    """Stage → text, in place of the strategy's own template."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A strategy as it is stored."""

    templates: Mapping[str, str]
    """Stage → text."""
    params: Mapping[str, JSON]
    """Every parameter it takes, with its default."""
    description: str


@dataclass(frozen=True, slots=True)
class First:
    """What is sent first, before it is sent."""

    request: Request
    worst: Cost
    """The most that it can cost."""
    most_calls: int | None
    """Calls that the strategy makes at most; None where it does not say."""


def stored(strategy: str, workspace: Workspace) -> Stored:
    """A strategy before it is edited. Raises ConfigError for an unknown one."""
    templates = Templates(workspace.roots)
    found = load_strategy(strategy, templates, workspace)
    texts = {stage: templates.source(f"{strategy}/{stage}{TEMPLATE}") for stage in found.stages}
    return Stored(texts, found.params, found.description)


def some_samples(dataset: Dataset, split: str, most: int, wanted: str | None = None) -> list[Sample]:
    """The first samples of a split, and the one of the id `wanted` wherever it is."""
    stream = dataset.samples(split)
    found = list(islice(stream, most))
    if wanted is not None and all(sample.id != wanted for sample in found):
        found += islice((sample for sample in stream if sample.id == wanted), 1)
    return found


def prepare(trial: Trial, workspace: Workspace, models: Mapping[str, Model] | None = None) -> PlannedArm:
    """The trial as an arm; a key that is not set is no obstacle before it is sent.

    The dataset's rows are not checked, as only one is used, and no judge is asked. Raises ConfigError for the
    first thing that is wrong, with the template's line.
    """
    content = {
        "datasets": trial.dataset,
        "strategies": [{trial.strategy: _single(trial.strategy_params)}],
        "models": trial.model,
        "params": _single(trial.params),
        "system": trial.system,
        "split": trial.split,
    }
    edits = {f"{trial.strategy}/{stage}{TEMPLATE}": text for stage, text in trial.edits.items()}
    file = parse(content, Path("playground"))
    given = models or without_key(model_names(file, workspace), workspace)
    [planned] = (
        Planner(file, workspace, given, lambda *_: Checked(1, ()), edits, load_embedder=unsent_embedder)
        .plan()
        .arms
    )
    return replace(planned, panels=())


def first(planned: PlannedArm, sample: Sample) -> First:
    """What the arm sends first for a sample; nothing is sent. Raises ConfigError for whatever is wrong."""
    try:
        request = enter(first_request(planned, sample))
    except PromptsweepError:
        raise
    except Exception as failure:
        message = f"strategy {planned.strategy.name} failed: {type(failure).__name__}: {failure}"
        raise ConfigError(message) from failure
    most = planned.strategy.most_calls(planned.renderer.params)
    return First(request, worst_case(request, planned.model), most)


def allowance(worst: Cost, usd: float, tokens: int) -> Allowance:
    """What one send may spend: in dollars, or in tokens where the price is unknown."""
    if worst.usd is None:
        return Allowance(tokens=tokens, requests=MOST_REQUESTS)
    return Allowance(usd=usd, requests=MOST_REQUESTS)


async def send(planned: PlannedArm, sample: Sample, limits: Allowance, store: Store) -> Trace:
    """Sends it the way that a run does, through limits, retries and budget, and scores the answer.

    Every error of a model, a rejected key too, is the outcome of the one record there is. Nothing is stored
    but what it cost, in the ledger of `store`, and no stored reply is used. Closes the model. Raises
    IncompleteError where the ledger cannot be written.
    """
    async with entering(store, PLAYGROUND) as enter:
        return await _sent(planned, sample, Purse(Budget(limits), enter))


async def _sent(planned: PlannedArm, sample: Sample, purse: Purse) -> Trace:
    sink, progress = _Nothing(), Progress(1)
    gateway = _OneSend(planned.model, sink, progress, purse)
    embedding = {one.name: Embedding(one, Gateway(one, sink, progress, purse)) for one in planned.embedders}
    try:
        record = await attempt(Job(planned, sample, 0, 0), lambda _: gateway, embedding)
    finally:
        for model in (planned.model, *planned.embedders):
            await model.close()
    return _trace(record, planned.arm.label, gateway.requests)


class _OneSend(Gateway):
    """Remembers what was sent. What would end a run ends this record, as there is no other."""

    def __init__(self, model: Model, sink: _Nothing, progress: Progress, purse: Purse):
        super().__init__(model, sink, progress, purse)
        self.requests: dict[str, Request] = {}

    async def send(self, request: Request) -> Completion:
        self.requests[request.key] = request
        try:
            return await super().send(request)
        except RunFatalError as error:
            raise ModelError(str(error)) from error


class _Nothing:
    """A sink that stores nothing and finds nothing."""

    async def lookup(self, key: str) -> None:
        """Every send asks the model anew."""

    def keep(self, request: Request, completion: Completion) -> None:
        """Not stored."""

    def abandon(self, key: str) -> None:
        """Nobody waits for it."""

    def add(self, record: Record) -> None:
        """Not stored."""

    async def room(self) -> None:
        """There always is."""


def _single(values: Mapping[str, JSON]) -> dict[str, JSON]:
    """Each value as an axis of its own: a list that is meant as one value is none."""
    return {name: [value] for name, value in values.items()}


def _trace(record: Record, label: str, requests: Mapping[str, Request]) -> Trace:
    calls = tuple(_calls(record, requests))
    replies = [call.completion for call in calls if call.completion is not None]
    costs = [reply.cost for reply in replies if reply.cost is not None]
    return Trace(
        run="",
        arm=label,
        sample=record.sample,
        repeat=0,
        repeats=(0,),
        outcome=record.outcome,
        reply=None if record.error is not None else record.reply,
        answer=record.answer,
        scores=record.scores,
        details=record.details,
        error=record.error,
        calls=calls,
        seconds=record.seconds,
        critical_seconds=record.critical_seconds,
        cost=sum(costs) if len(costs) == len(calls) else None,
        tokens={
            "prompt": sum(reply.usage.prompt or 0 for reply in replies),
            "completion": sum(reply.usage.completion or 0 for reply in replies),
        },
        record=0,
    )


def _calls(record: Record, requests: Mapping[str, Request]) -> Iterator[TraceCall]:
    for call in record.calls:
        request = requests.get(call.key)
        yield TraceCall(
            stage=call.stage,
            key=call.key,
            request=request and brief(request),
            completion=call.completion and replace(call.completion, text=shown(call.completion.text)),
            started=call.started,
            ended=call.ended,
            error=call.error,
        )
