"""A worker: Ray's actor around the job loop, in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import platform
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from itertools import chain
from pathlib import Path

from promptsweep.api.cluster.messages import Assignment, Hello, Orders, Report, Secrets
from promptsweep.api.replaying import replayed_models
from promptsweep.datasets import Dataset
from promptsweep.errors import PromptsweepError
from promptsweep.models import Model
from promptsweep.reports import open_store
from promptsweep.reports.made import Maker
from promptsweep.reports.remote import DirectSink, Post, RemoteSink, StreamedSink
from promptsweep.runners import Plan, Planner, Progress, Purse, Stop, parse
from promptsweep.runners.feed import SlicedFeed
from promptsweep.runners.jobs import execute_fed
from promptsweep.runners.portions import Portion
from promptsweep.runners.selection import Checked
from promptsweep.runners.shares import Part
from promptsweep.workspace import Workspace

PATIENCE = 0.05
"""Seconds until a worker reports that has nothing urgent to say: what its death may cost of finished work."""
GATHER = 0.002
"""Seconds in which what is urgent may become more."""
COLLECT_AFTER = 50_000


class Worker:
    """Does what the driver orders. All its methods run in one event loop."""

    _plan: Plan
    _sink: RemoteSink
    _feed: SlicedFeed
    _work: asyncio.Task[None]
    _portion: Portion | None = None

    async def start(self, assignment: Assignment, secrets: Secrets) -> Hello:
        """Makes the plan and begins to work, as soon as there is something to do."""
        os.environ.update(secrets.environment)
        gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])
        self._news = asyncio.Event()
        self._progress, self._stop = Progress(0), Stop()
        try:
            self._prepare(assignment, secrets)
        except PromptsweepError as error:
            return Hello(problem=str(error), node=platform.node())
        self._parts: dict[str, Part] = {}
        self._work = asyncio.get_running_loop().create_task(self._run())
        arms = {planned.arm.key: planned.arm.digests for planned in self._plan.arms}
        return Hello(arms, node=platform.node())

    async def exchange(self, orders: Orders) -> Report:
        """Takes orders, and reports as soon as something is urgent."""
        self._obey(orders)
        if not self._news.is_set() and not self._work.done():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), PATIENCE)
        if not self._work.done():
            await asyncio.sleep(GATHER)
        self._news.clear()
        return self._report(orders.surrender)

    async def nudge(self) -> None:
        """There are new orders: ends an `exchange` that has nothing to say."""
        self._news.set()

    def _prepare(self, assignment: Assignment, secrets: Secrets) -> None:
        if assignment.cwd is not None:
            os.chdir(assignment.cwd)
        workspace = Workspace(Path(assignment.root or Path.cwd()))
        self._plan = _planned(assignment, workspace)
        self._feed = SlicedFeed(self._plan, self._stop, self._news.set)
        self._sink = _sink(assignment, secrets, workspace, Post(self._news.set))
        if assignment.allowance is not None:
            self._portion = Portion(assignment.allowance, assignment.elapsed, self._news.set)

    async def _run(self) -> None:
        purse = Purse(self._portion, self._sink.enter)
        async with contextlib.AsyncExitStack() as closing:
            closing.callback(self._news.set)
            closing.push_async_callback(self._sink.close)
            asked = self._plan.models, self._plan.judges, self._plan.embedders
            for model in chain(*asked):
                closing.push_async_callback(model.close)
            await execute_fed(*asked, self._feed, self._sink, self._progress, self._stop, purse)

    def _obey(self, orders: Orders) -> None:
        self._sink.post.deliver(orders.found)
        self._parts |= orders.parts
        for model in self._plan.models:
            if model.name in orders.parts:
                self._feed.allow(model.name, orders.parts[model.name].of(model.concurrency))
        for model in (*self._plan.models, *self._plan.judges, *self._plan.embedders):
            if model.name in self._parts:
                self._parts[model.name].apply(model.limiter)
        for one in orders.slices:
            self._feed.add(one)
        if self._portion is not None and orders.granted is not None:
            self._portion.grant(orders.granted)
        if self._portion is not None and orders.refused is not None:
            self._portion.refuse(orders.refused)
        if orders.end:
            self._stop.asked = True
        if self._stop.asked:
            self._feed.close()

    def _report(self, surrender: bool) -> Report:
        reason, ended = self._stop.reason, self._work.done()
        failure = self._work.exception() if ended and not self._work.cancelled() else None
        report = Report(
            self._sink.post.take(),
            self._progress.take(),
            self._feed.wanted,
            fatal=None if reason is None else str(reason),
            failed=None if failure is None else _line(failure),
            ended=ended,
        )
        if self._portion is not None:
            report.surrendered = self._portion.surrender() if surrender or ended else report.surrendered
            report.paid, report.asked = self._portion.paid, self._portion.asked
        return report


def _planned(assignment: Assignment, workspace: Workspace) -> Plan:
    def known(dataset: Dataset, split: str) -> Checked | None:
        rows = assignment.checked.get((dataset.name, split))
        return None if rows is None else Checked(rows, ())

    mine = version("promptsweep")
    if mine != assignment.version:
        raise PromptsweepError(f"it has promptsweep {mine}, the driver {assignment.version}")
    models = None if assignment.recording is None else _recorded(assignment.recording, assignment, workspace)
    return Planner(parse(assignment.sweep, Path(assignment.path)), workspace, models, known).plan()


def _recorded(recording: str | bytes, assignment: Assignment, workspace: Workspace) -> Mapping[str, Model]:
    if isinstance(recording, bytes):
        # In the node's copy of the workspace, which its workers share, and which goes with the job.
        with tempfile.NamedTemporaryFile(dir=".", prefix="recording-", delete=False) as file:
            file.write(recording)
        recording = file.name
    return replayed_models(assignment.sweep, workspace, recording, live_misses=assignment.live_misses)


def _sink(assignment: Assignment, secrets: Secrets, workspace: Workspace, post: Post) -> RemoteSink:
    if secrets.store is None:
        return StreamedSink(Maker(assignment.arms, assignment.replies_version), post)
    store = open_store(workspace, secrets.store, create=False)
    return DirectSink(store, assignment.run, post, apart=bool(assignment.replies_version))


def _line(failure: BaseException) -> str:
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return str(failure).splitlines()[0] if str(failure) else type(failure).__name__
