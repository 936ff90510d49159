"""One execution of a plan: the budget, the signals, the observer and the store around the job loop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from promptsweep import runners
from promptsweep.api.cluster import Cluster, Hands, connected
from promptsweep.api.engines import note_batches
from promptsweep.api.entering import enter
from promptsweep.api.interrupts import interruptible, leave_batches
from promptsweep.api.provenance import versions
from promptsweep.api.replaying import unrecorded
from promptsweep.api.results import Result, Run
from promptsweep.errors import ConfigError, IncompleteError
from promptsweep.models import Model, Recalling
from promptsweep.models.batches import BatchModel
from promptsweep.reports import Store, ledger
from promptsweep.reports.arms import stored_metrics
from promptsweep.reports.batches import at_vendor, forget_ended
from promptsweep.reports.identities import noted
from promptsweep.reports.leases import share_rates
from promptsweep.reports.sink import StoreSink
from promptsweep.reports.store import loads
from promptsweep.runners import Budget, Plan, Progress, Purse, Stop
from promptsweep.runners.jobs import Done
from promptsweep.types import Status

Observe = Callable[[Progress], None]
LOOK_INTERVAL = 0.2
"""Seconds between two looks of an observer at the progress."""
COLLECT_AFTER = 50_000
"""Objects that a run may make and keep before Python looks for cyclic garbage."""


def execute(
    planned: Plan,
    store: Store,
    *,
    fresh: bool = False,
    resume: str | None = None,
    observe: Observe | None = None,
    settled: int = 0,
    goes_on: bool = False,
    cluster: Cluster | None = None,
) -> Result:
    """Runs a plan, or what is left of a run, into the store; closes the plan's models.

    `resume` is a run's id, the beginning of one, or "" for the newest run of the sweep. `settled` counts
    finished records of that run which are no part of the plan. With `goes_on` the store says that the run is
    in progress even when all of the plan is done: the caller adds to it, or says that it has ended. With
    `cluster`, Ray's workers do the work.
    """
    with connected(cluster) as hands:
        found = _executed(planned, store, hands, fresh, resume, observe, settled)
        ends = not goes_on or found.status is not Status.DONE
        _note(store, found.run.id, found.status if ends else Status.RUNNING, found.error)
    return found


def _executed(
    planned: Plan,
    store: Store,
    hands: Hands | None,
    fresh: bool,
    resume: str | None,
    observe: Observe | None,
    settled: int,
) -> Result:
    begun = resume is None
    made = versions() | noted(planned)
    identity = store.begin(planned, fresh, made) if begun else _resumed(planned, store, str(resume))
    row = store.find_run(identity)
    _check_engine(planned, store, identity)
    done, count = store.done(identity, row.repeats)
    progress, stop = Progress(planned.total, resumed=count - settled), Stop()
    store.finish(identity, Status.RUNNING)
    error: str | None = None
    try:
        enter(_execute(planned, store, row, progress, stop, done, observe, hands))
        error = _ending(stop, progress)
        status = Status.DONE if error is None else Status.INCOMPLETE
        status = Status.INTERRUPTED if isinstance(stop.reason, KeyboardInterrupt) else status
        forget_ended(store, identity)
    except (KeyboardInterrupt, asyncio.CancelledError):
        status, error = Status.INTERRUPTED, "interrupted"
    except BaseException as failure:
        _note(store, identity, Status.INCOMPLETE, str(failure))
        raise
    return Result(Run(identity, store), status, progress, error)


async def _execute(
    planned: Plan,
    store: Store,
    row: Any,
    progress: Progress,
    stop: Stop,
    done: Done,
    observe: Observe | None,
    hands: Hands | None,
) -> None:
    asked = [*planned.models, *planned.judges, *planned.embedders]
    replayed = any(isinstance(model, Recalling) for model in planned.models)
    batched = note_batches(planned, store, row.id)
    progress.batches = [model.counts for model in batched]
    sink = StoreSink(store, row.id, fresh=bool(row.fresh), apart=replayed)
    with _budget(planned, store, row.id) as budget:
        async with (
            sink,
            sharing(store, row.id, sending(asked)),
            contextlib.AsyncExitStack() as closing,
        ):
            for model in asked:
                closing.push_async_callback(model.close)
            with interruptible(stop, batched) as again, observed(progress, observe), _seldom_collecting():
                if hands is not None:
                    from promptsweep.api.cluster.distributing import distributed

                    await distributed(hands, planned, store, row.id, sink, progress, stop, done, budget)
                    return
                purse = Purse(budget, sink.tally.add)
                await runners.execute(planned, sink, progress, stop, done, purse)
                await leave_batches(stop, batched, again)


@contextlib.contextmanager
def _budget(planned: Plan, store: Store, run: str) -> Iterator[Budget | None]:
    """The run's hard limit, where it has one: what it spent before counts, and what it spends is noted."""
    if planned.budget is None:
        yield None
        return
    spent = ledger.spent(store, run)
    budget = Budget(planned.budget, spent, authorise=lambda cost: ledger.authorise(store, run, cost))
    try:
        yield budget
    finally:
        with contextlib.suppress(IncompleteError):
            ledger.authorise(store, run, budget.spent)


def sending(models: Sequence[Model]) -> list[Model]:
    """The models that may send anything: a recording takes no part of an endpoint's rates."""
    return [model for model in models if not isinstance(model, Recalling) or model.sends]


@contextlib.asynccontextmanager
async def sharing(store: Store, run: str, models: Sequence[Model]) -> AsyncIterator[None]:
    """While the run goes on, it and others of this store divide the rates of endpoints they share."""
    if not models:
        yield
        return
    sharing = asyncio.get_running_loop().create_task(share_rates(store, run, models))
    try:
        yield
    finally:
        sharing.cancel()
        with contextlib.suppress(asyncio.CancelledError, SQLAlchemyError):
            await sharing


@contextlib.contextmanager
def observed(progress: Progress, observe: Observe | None) -> Iterator[None]:
    """Shows the observer the progress every `LOOK_INTERVAL` seconds, and once at the end."""
    if observe is None:
        yield
        return

    async def look() -> None:
        while True:
            observe(progress)
            await asyncio.sleep(LOOK_INTERVAL)

    task = asyncio.get_running_loop().create_task(look())
    try:
        yield
    finally:
        task.cancel()
        observe(progress)


@contextlib.contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Looks for cyclic garbage less often: a run makes next to none of it, and a hundred objects a call.

    At Python's own pace, a tenth of a run's time goes into looking.
    """
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], COLLECT_AFTER), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _ending(stop: Stop, progress: Progress) -> str | None:
    """Why the run is not complete; None where it is."""
    if stop.reason is not None:
        return str(stop.reason)
    if progress.misses:
        return unrecorded(progress)
    if progress.errors:
        count = f"{progress.errors} of {progress.total} records ended in an error"
        return f"{count}; the last: {progress.last_error}"
    return None


def _check_engine(planned: Plan, store: Store, run: str) -> None:
    """Raises ConfigError where live calls would pay again for what a batch is paid for."""
    chats = sending([one.model for one in planned.arms])  # embedders and judges are always live
    if all(isinstance(model, BatchModel) for model in chats) or not at_vendor(store, run):
        return
    raise ConfigError(f"run {run} has batches at the vendor: resume it with --engine batch to pick them up")


def _note(store: Store, run: str, status: Status, error: str | None) -> None:
    """Notes how it ended; where even that cannot be written, the first error is what the user must see."""
    with contextlib.suppress(Exception):
        store.finish(run, status, error)


def _resumed(planned: Plan, store: Store, reference: str) -> str:
    """The run to go on with; ConfigError where the sweep, a template, a row or a model changed since."""
    row = store.find_run(reference or planned.name)
    before = {arm.key: arm for arm in store.arms(row.id)}
    now = {one.arm.key: one.arm for one in planned.arms}
    judge = _other_judge(before, planned)
    if set(before) != set(now) or row.repeats != planned.repeats or judge is not None:
        reason = f"{judge} changed since" if judge else _changed(before, now)
        raise ConfigError(
            f"run {row.id} cannot be resumed: {reason}. Start a new run: "
            "stored replies are used for all that did not change"
        )
    return str(row.id)


def _other_judge(before: Mapping[str, Any], planned: Plan) -> str | None:
    """The first judge whose model, rubric or parameters are others than those the run began with."""
    for one in planned.arms:
        if one.arm.key in before:
            stored = {metric.name: metric.signature for metric in stored_metrics(before[one.arm.key])}
            for panel in one.panels:
                if stored.get(panel.metric.name) != panel.metric.signature:
                    return panel.metric.name
    return None


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    labels = {arm.label: arm for arm in before.values()}
    for key, arm in now.items():
        if key not in before and arm.label in labels:
            old = loads(labels[arm.label].digests)
            parts = [part for part, value in arm.digests.items() if old.get(part) != value]
            return f"the {' and the '.join(parts) or 'parameters'} of {arm.label!r} changed since"
    return "the sweep has other arms or repeats now"
