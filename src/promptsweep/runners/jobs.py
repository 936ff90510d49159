"""The job loop: the only concurrency in the house."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

from promptsweep.embeddings import knowing
from promptsweep.errors import ConfigError, IncompleteError, ModelError, ReplayMissError, RunFatalError
from promptsweep.models import Model
from promptsweep.prompts import Ask
from promptsweep.runners.embedding import Embedding, known_to
from promptsweep.runners.gateway import Gateway, Purse
from promptsweep.runners.judging import Gateways, judged
from promptsweep.runners.plan import Plan, PlannedArm
from promptsweep.runners.progress import Progress
from promptsweep.runners.scoring import judge
from promptsweep.runners.sink import Sink
from promptsweep.types import MEASURE, Call, Outcome, Record, Sample

T = TypeVar("T")
R = TypeVar("R")
Done = Callable[[str, int, int], bool]
"""(arm key, position, repeat) → whether a run that is resumed has this record already."""


class Job(NamedTuple):
    """One attempt at one sample."""

    planned: PlannedArm
    sample: Sample
    position: int
    repeat: int


class Feed(Protocol):
    """Where jobs come from."""

    def jobs(self, model: Model) -> Iterator[Job]:
        """The jobs of a model; all who work for it take from this one iterator."""

    async def more(self, model: Model) -> bool:
        """Waits until the iterator goes on, after its end; False: that was all."""


class Stop:
    """Ends a run early: no new job is begun, what is in flight is finished and saved."""

    def __init__(self) -> None:
        self.reason: BaseException | None = None
        self.asked = False

    def __call__(self, reason: BaseException) -> None:
        """Asks for the end; the first reason is kept."""
        self.asked = True
        self.reason = self.reason or reason


async def execute(
    plan: Plan,
    sink: Sink,
    progress: Progress,
    stop: Stop,
    done: Done,
    purse: Purse = Purse(),  # noqa: B008
) -> None:
    """Runs every job that is not done, each model at its own concurrency.

    Raises what made storing fail. An error of a model is a record's outcome; one that no further request
    can survive stops the run and is left in `stop.reason`, as is a Ctrl-C and a store that cannot be read.
    """
    asked = plan.models, plan.judges, plan.embedders
    await execute_fed(*asked, _Whole(plan, stop, done), sink, progress, stop, purse)


async def execute_fed(
    models: Iterable[Model],
    judges: Iterable[Model],
    embedders: Iterable[Model],
    feed: Feed,
    sink: Sink,
    progress: Progress,
    stop: Stop,
    purse: Purse,
) -> None:
    """As `execute`, with the jobs of a feed."""
    embedding = {one.name: Embedding(one, Gateway(one, sink, progress, purse)) for one in embedders}
    gates = {id(model): Gateway(model, sink, progress, purse) for model in (*models, *judges)}

    def gateways(model: Model) -> Gateway:
        return gates[id(model)]

    def do(job: Job) -> Awaitable[Record]:
        return attempt(job, gateways, embedding)

    async def keep(record: Record) -> None:
        sink.add(record)
        progress.recorded(record)
        await sink.room()

    async with asyncio.TaskGroup() as group:
        for model in models:
            jobs, more = feed.jobs(model), partial(feed.more, model)
            for _ in range(model.concurrency):
                group.create_task(_work(jobs, do, keep, stop, more))


async def drain(
    jobs: Iterator[T],
    do: Callable[[T], Awaitable[R]],
    keep: Callable[[R], Awaitable[None]],
    at_once: int,
    stop: Stop,
) -> None:
    """As `execute`, with jobs of another kind, so many at once; `keep` takes what became of each."""
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(_work(jobs, do, keep, stop))


async def _work(
    jobs: Iterator[T],
    do: Callable[[T], Awaitable[R]],
    keep: Callable[[R], Awaitable[None]],
    stop: Stop,
    more: Callable[[], Awaitable[bool]] | None = None,
) -> None:
    """The loop, as each of those runs it who take from the same jobs; `more` waits for further ones."""
    while True:
        for job in jobs:
            try:
                done = await do(job)
            except (RunFatalError, IncompleteError) as error:
                stop(error)
                return
            await keep(done)
            if stop.asked:
                return
        if more is None or not await more():
            return


class _Whole(NamedTuple):
    """All jobs of a plan that are not done."""

    plan: Plan
    stop: Stop
    done: Done

    def jobs(self, model: Model) -> Iterator[Job]:
        """Arm by arm, so that a server's prefix cache serves the next request too."""
        for planned in self.plan.arms:
            if planned.model is not model:
                continue
            for position, sample in enumerate(planned.selection):
                for repeat in range(self.plan.repeats):
                    if self.stop.asked:
                        return
                    if not self.done(planned.arm.key, position, repeat):
                        yield Job(planned, sample, position, repeat)

    async def more(self, model: Model) -> bool:  # noqa: ARG002
        """Nothing more comes."""
        return False


async def attempt(job: Job, gateways: Gateways, embedding: Mapping[str, Embedding]) -> Record:
    """Runs an arm's strategy on one sample and scores the answer; `embedding` are embedders by name."""
    planned, sample, _, repeat = job
    gateway = gateways(planned.model)
    ask = planned.ask(sample, gateway.send, repeat, embedding.get(planned.own_embedder))
    reply, error = "", None
    try:
        reply = await planned.answer(sample, ask)
    except (RunFatalError, IncompleteError):
        raise
    except ReplayMissError as miss:
        error = gateway.missed(planned.arm.label, miss)
    except (ModelError, ConfigError) as failure:
        error = str(failure)
    except Exception as failure:  # noqa: BLE001  a user's strategy may raise anything; it fails one sample
        error = f"strategy {planned.strategy.name} failed: {type(failure).__name__}: {failure}"
    seconds = ask.elapsed()
    if error is not None:
        return _record(job, ask, seconds, error=error)
    try:
        record = await _scored_with(embedding, job, ask, seconds, reply)
    except ConfigError as failure:  # of a metric: it fails one sample, whose reply is stored
        return _record(job, ask, seconds, error=f"the answer cannot be scored: {failure}")
    if not planned.panels or record.outcome is Outcome.ERROR:
        return record
    return await judged(
        record, planned.arm.label, planned.panels, gateways, time.perf_counter() - ask.elapsed()
    )


async def _scored_with(
    embedding: Mapping[str, Embedding], job: Job, ask: Ask, seconds: float, reply: str
) -> Record:
    """The scored record, with what its metrics asked embedders before; slow ones have a thread."""
    metrics = job.planned.metrics
    if not any(metric.slow for metric in metrics):
        return _scored(job, ask, seconds, reply)
    answer, began = job.planned.parse(reply, job.sample), ask.elapsed()
    try:
        known, asked = await known_to(metrics, embedding, [answer or "", *job.sample.targets])
    except RunFatalError:
        raise
    except ModelError as failure:
        return _record(job, ask, seconds, error=f"the answer cannot be scored: {failure}")
    calls = tuple(
        Call(f"{MEASURE}{name}", request.key, completion, began, ask.elapsed())
        for name, replies in asked.items()
        for request, completion in replies
    )
    with knowing(known):
        record = await asyncio.to_thread(_scored, job, ask, seconds, reply)
    return replace(record, judging=calls)


def _record(job: Job, ask: Ask, seconds: float, error: str) -> Record:
    return Record(
        arm=job.planned.arm.key,
        sample=job.sample,
        position=job.position,
        repeat=job.repeat,
        outcome=Outcome.ERROR,
        calls=tuple(ask.calls),
        seconds=seconds,
        critical_seconds=ask.critical_seconds,
        details=ask.details,
        error=error,
    )


def _scored(job: Job, ask: Ask, seconds: float, reply: str) -> Record:
    planned = job.planned
    verdict = judge(
        reply,
        ask.finish,
        job.sample,
        task=planned.dataset.card.task,
        parse=planned.parse,
        metrics=planned.metrics,
        details=ask.details,
    )
    return Record(
        arm=planned.arm.key,
        sample=job.sample,
        position=job.position,
        repeat=job.repeat,
        outcome=verdict.outcome,
        reply=reply,
        answer=verdict.answer,
        scores=verdict.scores,
        calls=tuple(ask.calls),
        seconds=seconds,
        critical_seconds=ask.critical_seconds,
        details=ask.details,
    )
