"""The Python face, for scripts and notebooks; the other faces call it too."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import signal
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from promptsweep import runners
from promptsweep.datasets import load as load_dataset
from promptsweep.errors import ConfigError, ExitCode, IncompleteError
from promptsweep.models import Model
from promptsweep.reports import Store, ledger, open_store, summarise
from promptsweep.reports.leases import share_rates
from promptsweep.reports.sink import StoreSink
from promptsweep.runners import Budget, Plan, Planner, Progress, Purse, Stop
from promptsweep.types import JSON, Status
from promptsweep.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
Observe = Callable[[Progress], None]
LOOK_INTERVAL = 0.2
"""Seconds between two looks of an observer at the progress."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run in a store."""

    id: str
    store: Store

    @property
    def row(self) -> Any:
        """The run as stored: name, status, created, sweep, versions, error."""
        return self.store.find_run(self.id)

    @property
    def status(self) -> Status:
        """Where the run stands."""
        return Status(self.row.status)

    def summaries(self) -> list[Any]:
        """An `ArmSummary` for each arm."""
        return summarise(self.store, self.id, self.row.repeats)

    def as_json(self) -> dict[str, JSON]:
        """The document that `run --json` and `show --json` print."""
        row = self.row
        arms = [summary.as_json() for summary in self.summaries()]
        return {"run": self.id, "name": row.name, "status": row.status, "error": row.error, "arms": arms}

    def table(self) -> pd.DataFrame:
        """One row an arm; each metric with its bounds in columns `name`, `name_low`, `name_high`."""
        from promptsweep.reports.frames import arm_frame

        return arm_frame(self.summaries())

    def records(self, arm: str | None = None) -> pd.DataFrame:
        """One row a record, of all arms or of the one whose label contains `arm`."""
        from promptsweep.reports.frames import record_frame

        return record_frame(self.store, self.id, arm)

    def compare(self, arm: str | None = None, metric: str | None = None) -> pd.DataFrame:
        """Every arm against one (default: the first), paired by sample."""
        from promptsweep.reports.frames import comparison_frame

        return comparison_frame(self.store, self.id, arm, metric)


@dataclass(frozen=True, slots=True)
class Result:
    """How an execution ended."""

    run: Run
    status: Status
    progress: Progress
    error: str | None

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a command that ran this."""
        codes = {Status.DONE: ExitCode.OK, Status.INTERRUPTED: ExitCode.INTERRUPTED}
        return codes.get(self.status, ExitCode.INCOMPLETE)


def run(
    sweep: str | Path | Mapping[str, JSON],
    *,
    models: Mapping[str, Model] | None = None,
    workspace: str | Path | None = None,
    store: str | None = None,
    limit: int | None = None,
    fresh: bool = False,
    resume: str | None = None,
    observe: Observe | None = None,
) -> Run:
    """Runs a sweep (a name, a path, or its content as a mapping) and returns the stored run.

    `models` gives models by the names the sweep uses, such as a `promptsweep.testing.FunctionModel`.
    Works in notebooks too. Raises ConfigError before anything is sent if something is wrong.
    """
    place = Workspace(Path(workspace).resolve()) if workspace else Workspace.find()
    planned = plan(sweep, place, {"limit": limit}, models)
    with contextlib.closing(open_store(place, store)) as opened:
        result = execute(planned, opened, fresh=fresh, resume=resume, observe=observe)
    return result.run


def plan(
    sweep: str | Path | Mapping[str, JSON],
    workspace: Workspace,
    overrides: Mapping[str, JSON] | None = None,
    models: Mapping[str, Model] | None = None,
) -> Plan:
    """Loads and checks all that a sweep names, and renders each arm's first sample; sends nothing."""
    if isinstance(sweep, Mapping):
        given = {key: value for key, value in (overrides or {}).items() if value is not None}
        file = runners.parse({**sweep, **given}, Path("sweep"))
    else:
        file = runners.load(str(sweep), workspace, overrides)
    planned = Planner(file, workspace, models).plan()
    enter(runners.probe(planned))
    return planned


def execute(
    planned: Plan,
    store: Store,
    *,
    fresh: bool = False,
    resume: str | None = None,
    observe: Observe | None = None,
) -> Result:
    """Runs a plan, or what is left of a run, into the store; closes the plan's models.

    `resume` is a run's id, the beginning of one, or "" for the newest run of the sweep.
    """
    begun = resume is None
    identity = store.begin(planned, fresh, versions()) if begun else _resumed(planned, store, str(resume))
    row = store.find_run(identity)
    done, count = store.done(identity, row.repeats)
    progress, stop = Progress(planned.total, resumed=count), Stop()
    store.finish(identity, Status.RUNNING)
    error: str | None = None
    try:
        enter(_execute(planned, store, row, progress, stop, done, observe))
        error = _ending(stop, progress)
        status = Status.DONE if error is None else Status.INCOMPLETE
        status = Status.INTERRUPTED if isinstance(stop.reason, KeyboardInterrupt) else status
    except (KeyboardInterrupt, asyncio.CancelledError):
        status, error = Status.INTERRUPTED, "interrupted"
    except BaseException as failure:
        _note(store, identity, Status.INCOMPLETE, str(failure))
        raise
    _note(store, identity, status, error)
    return Result(Run(identity, store), status, progress, error)


async def _execute(
    planned: Plan, store: Store, row: Any, progress: Progress, stop: Stop, done: Any, observe: Observe | None
) -> None:
    sink = StoreSink(store, row.id, fresh=bool(row.fresh))
    with _budget(planned, store, row.id) as budget:
        async with sink, _sharing(store, row.id, planned.models), contextlib.AsyncExitStack() as closing:
            for model in planned.models:
                closing.push_async_callback(model.close)
            with _interruptible(stop), _observed(progress, observe):
                purse = Purse(budget, sink.tally.add)
                await runners.execute(planned, sink, progress, stop, done, purse)


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


@contextlib.asynccontextmanager
async def _sharing(store: Store, run: str, models: Sequence[Model]) -> AsyncIterator[None]:
    """While the run goes on, it and others of this store divide the rates of endpoints they share."""
    sharing = asyncio.get_running_loop().create_task(share_rates(store, run, models))
    try:
        yield
    finally:
        sharing.cancel()
        with contextlib.suppress(asyncio.CancelledError, SQLAlchemyError):
            await sharing


@contextlib.contextmanager
def _interruptible(stop: Stop) -> Iterator[None]:
    """Ctrl-C once: begin nothing new, finish what is in flight. Twice: stop now. Both are saved."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def interrupt() -> None:
        if stop.asked:
            task.cancel()
        stop(KeyboardInterrupt("interrupted"))

    try:
        loop.add_signal_handler(signal.SIGINT, interrupt)
    except NotImplementedError:  # Windows has no signal handlers in its loop: the first Ctrl-C stops now
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


@contextlib.contextmanager
def _observed(progress: Progress, observe: Observe | None) -> Iterator[None]:
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


def _ending(stop: Stop, progress: Progress) -> str | None:
    """Why the run is not complete; None where it is."""
    if stop.reason is not None:
        return str(stop.reason)
    if progress.errors:
        count = f"{progress.errors} of {progress.total} records ended in an error"
        return f"{count}; the last: {progress.last_error}"
    return None


def _note(store: Store, run: str, status: Status, error: str | None) -> None:
    """Notes how it ended; where even that cannot be written, the first error is what the user must see."""
    with contextlib.suppress(Exception):
        store.finish(run, status, error)


def import_answers(
    path: str | Path,
    *,
    dataset: str,
    name: str,
    split: str | None = None,
    metrics: Sequence[str] | None = None,
    workspace: Workspace,
    store: Store,
) -> Run:
    """Scores answers made elsewhere (`{"id", "answer"}` rows) and stores them as a run."""
    found = load_dataset(dataset, workspace)
    given = runners.read_answers(Path(path), found, name, split=split, metrics=metrics, root=workspace.root)
    identity = store.begin(given, False, versions())

    async def add() -> None:
        async with StoreSink(store, identity) as sink:
            for record in given.records():
                sink.add(record)
                await sink.room()

    enter(add())
    store.finish(identity, Status.DONE)
    return Run(identity, store)


def rescore(store: Store, reference: str, workspace: Workspace, metrics: Sequence[str] | None = None) -> Run:
    """Scores a run's stored replies anew, as a run of its own; see `reports.rescore`."""
    from promptsweep.reports.rescore import rescore as copy

    return Run(copy(store, store.find_run(reference), workspace, metrics), store)


def _resumed(planned: Plan, store: Store, reference: str) -> str:
    """The run to go on with; ConfigError where the sweep, a template, a row or a model changed since."""
    row = store.find_run(reference or planned.name)
    before = {arm.key: arm for arm in store.arms(row.id)}
    now = {one.arm.key: one.arm for one in planned.arms}
    if set(before) != set(now) or row.repeats != planned.repeats:
        raise ConfigError(
            f"run {row.id} cannot be resumed: {_changed(before, now)}. Start a new run: "
            "stored replies are used for all that did not change"
        )
    return str(row.id)


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    from promptsweep.reports.store import loads

    labels = {arm.label: arm for arm in before.values()}
    for key, arm in now.items():
        if key not in before and arm.label in labels:
            old = loads(labels[arm.label].digests)
            parts = [part for part, value in arm.digests.items() if old.get(part) != value]
            return f"the {' and the '.join(parts) or 'parameters'} of {arm.label!r} changed since"
    return "the sweep has other arms or repeats now"


def versions() -> dict[str, JSON]:
    """What made a run: versions of promptsweep and Python, and the commit of the workspace."""
    found: dict[str, JSON] = {"promptsweep": version("promptsweep"), "python": platform.python_version()}
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        asked = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
        found["commit"] = asked.stdout.strip()
    return found


def enter(work: Coroutine[Any, Any, T]) -> T:
    """The one place where the asynchronous core is entered; also from within a notebook's running loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    outcome: list[T] = []
    failure: list[BaseException] = []

    def in_thread() -> None:
        try:
            outcome.append(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001  handed over to the caller's thread
            failure.append(error)

    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]
