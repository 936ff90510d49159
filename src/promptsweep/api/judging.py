"""Judging a stored run: its answers scored, or two of its arms compared; the candidates are not asked."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from promptsweep.api.entering import enter
from promptsweep.api.execution import Observe, observed, sending, sharing
from promptsweep.api.interrupts import interruptible
from promptsweep.api.panels import StoredPanels
from promptsweep.api.results import Result, Run
from promptsweep.errors import ConfigError
from promptsweep.models import Model
from promptsweep.reports import Store
from promptsweep.reports.arms import match_arm
from promptsweep.reports.duels import Duel, read_duels, write_duels
from promptsweep.reports.judged import (
    StoredAnswer,
    answers_of,
    count_unscored,
    enter_judge,
    judge_metrics,
    key,
    note_judges,
    same_answers,
    unscored,
    write_scores,
)
from promptsweep.reports.sink import StoreSink
from promptsweep.runners import Allowance, Budget, Progress, Purse, Stop, drain
from promptsweep.runners.costs import worst_case
from promptsweep.runners.gateway import Gateway
from promptsweep.runners.judging import Gateways, Hearing, Opinion, compare, judged
from promptsweep.runners.panels import Panel
from promptsweep.types import JSON, Call, Record, Status
from promptsweep.workspace import Workspace

Spec = Mapping[str, JSON]
"""What stands under `judge:` in a sweep."""
Work = Callable[[Gateways, Stop], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Task:
    """A judge and an arm that it has not judged as a whole."""

    arm: Any
    panel: Panel
    place: int
    """Of the judge among the arm's metrics."""


def judge_run(
    store: Store,
    reference: str,
    workspace: Workspace,
    spec: Spec | None = None,
    *,
    models: Mapping[str, Model] | None = None,
    usd: float | None = None,
    observe: Observe | None = None,
) -> Result:
    """Has a judge score the answers of a run; without `spec`, the judges that the run has, what they miss.

    The scores become a column of the run. Only answers without a score are judged. `usd` is the most that
    it may cost. Raises ConfigError before anything is sent.
    """
    run = store.find_run(reference)
    loading = StoredPanels(run, workspace, models)
    arms = store.arms(run.id)
    if spec is not None:
        judges = [loading.panel(arm, {"judge": spec}).metric for arm in arms]
        enter_judge(store, [arm.id for arm in arms], {"judge": dict(spec)}, judges)
    tasks = list(_tasks(store, run, loading, None if spec is None else judges[0].name))
    total = sum(count_unscored(store, task.arm, task.place) for task in tasks)
    progress = Progress(total)
    for task in tasks if usd is not None else ():
        _check_price(task.panel, next(unscored(store, run, task.arm, task.place), []), usd)

    async def work(gateways: Gateways, stop: Stop) -> None:
        for task in tasks:
            for answers in _until(stop, unscored(store, run, task.arm, task.place)):
                await _score(store, task, answers, gateways, stop, progress)

    return _judging(store, run, loading, work, progress, usd, observe)


def judge_pair(
    store: Store,
    reference: str,
    workspace: Workspace,
    spec: Spec,
    pair: tuple[str, str],
    *,
    models: Mapping[str, Model] | None = None,
    usd: float | None = None,
    observe: Observe | None = None,
) -> Result:
    """Has a judge compare the answers of two arms of a run over one dataset, in both orders.

    What it said before is not asked again. Raises ConfigError before anything is sent.
    """
    run = store.find_run(reference)
    loading = StoredPanels(run, workspace, models)
    arms = store.arms(run.id)
    one, other = sorted((match_arm(arms, text) for text in pair), key=lambda arm: int(arm.id))
    if one.id == other.id or one.dataset != other.dataset:
        raise ConfigError(f"--pair needs two arms over one dataset, not {one.label!r} and {other.label!r}")
    panel = loading.panel(one, {"judge": spec}, pairwise=True)
    loading.panel(other, {"judge": spec}, pairwise=True)
    known = _known(store, run.id, panel, one.id, other.id)
    progress = Progress(one.planned * run.repeats, resumed=len(known))
    if usd is not None:
        _check_price(panel, next(answers_of(store, run, one), []), usd)

    async def work(gateways: Gateways, stop: Stop) -> None:
        for answers in _until(stop, answers_of(store, run, one)):
            others = same_answers(store, run, other, answers)
            pairs = [(answer, others[key(answer)]) for answer in answers if key(answer) in others]
            waiting = [two for two in pairs if (key(two[0])[0], key(two[0])[2]) not in known]
            progress.total -= len(answers) - len(pairs)
            await _duel(store, run.id, panel, waiting, (one, other), gateways, stop, progress)

    return _judging(store, run, loading, work, progress, usd, observe)


def _tasks(store: Store, run: Any, loading: StoredPanels, only: str | None) -> Iterator[Task]:
    for arm in store.arms(run.id):
        for metric, spec in judge_metrics(arm):
            if only in {None, metric.name}:
                panel = loading.panel(arm, spec)
                if not metric.signature:
                    enter_judge(store, [arm.id], spec, [panel.metric])
                elif panel.metric.signature != metric.signature:
                    raise ConfigError(
                        f"{metric.name} of run {run.id} is another judge today: its model, rubric or "
                        "parameters changed. Add today's under another name: --model, --rubric, --name"
                    )
                yield Task(arm, panel, metric.place)


async def _score(
    store: Store,
    task: Task,
    answers: Sequence[StoredAnswer],
    gateways: Gateways,
    stop: Stop,
    progress: Progress,
) -> None:
    """Judges some answers and writes the scores together, also those of a batch that was cut short."""
    made: list[tuple[StoredAnswer, Record]] = []

    async def score(answer: StoredAnswer) -> tuple[StoredAnswer, Record]:
        began = time.perf_counter()
        return answer, await judged(answer.record, task.arm.label, [task.panel], gateways, began)

    async def keep(scored: tuple[StoredAnswer, Record]) -> None:
        made.append(scored)
        progress.recorded(scored[1])

    try:
        await drain(iter(answers), score, keep, _at_once(task.panel), stop)
    finally:
        write_scores(store, task.place, task.panel.metric.name, made)


async def _duel(
    store: Store,
    run: str,
    panel: Panel,
    pairs: Sequence[tuple[StoredAnswer, StoredAnswer]],
    arms: tuple[Any, Any],
    gateways: Gateways,
    stop: Stop,
    progress: Progress,
) -> None:
    """Has some pairs compared and stores the verdicts together; calls that failed leave no duel."""
    made: list[Duel] = []
    calls: list[tuple[int, Sequence[Call]]] = []

    async def fight(
        pair: tuple[StoredAnswer, StoredAnswer],
    ) -> tuple[StoredAnswer, Hearing, list[Opinion]]:
        one, other = pair
        hearing = Hearing(gateways, arms[0].label, time.perf_counter())
        replies = one.record.reply, other.record.reply
        return one, hearing, await compare(panel, one.record.sample, *replies, hearing)

    async def keep(fought: tuple[StoredAnswer, Hearing, list[Opinion]]) -> None:
        one, hearing, opinions = fought
        for (name, _), opinion in zip(panel.models, opinions, strict=True):
            if not opinion.failed:
                made.append(_as_duel(panel, name, one, arms, opinion))
        calls.append((one.number, hearing.calls))
        failed = next(
            (f"{panel.metric.name}: {opinion.error}" for opinion in opinions if opinion.failed), None
        )
        progress.recorded(replace(one.record, error=failed))

    try:
        await drain(iter(pairs), fight, keep, _at_once(panel), stop)
    finally:
        write_duels(store, run, made, calls)


def _as_duel(panel: Panel, model: str, of: StoredAnswer, arms: tuple[Any, Any], opinion: Opinion) -> Duel:
    straight, turned = opinion.votes or (None, None)
    sample, repeat = of.record.sample.id, of.record.repeat
    return Duel(
        rubric=panel.metric.rubric,
        model=model,
        arm=arms[0].id,
        other=arms[1].id,
        sample_id=sample,
        repeat=repeat,
        signature=panel.metric.signature,
        unit=of.unit,
        straight=straight,
        turned=turned,
        reason=opinion.error or opinion.reason,
    )


def _known(store: Store, run: str, panel: Panel, one: int, other: int) -> set[tuple[str, int]]:
    """Sample and repeat of the pairs that every model of this very judge has a verdict on."""
    names = {name for name, _ in panel.models}
    by: dict[tuple[str, int], set[str]] = {}
    for duel in read_duels(store, run):
        same = (duel.rubric, duel.arm, duel.other, duel.signature)
        if same == (panel.metric.rubric, one, other, panel.metric.signature) and duel.value is not None:
            by.setdefault((duel.sample_id, duel.repeat), set()).add(duel.model)
    return {place for place, models in by.items() if models >= names}


def _until(stop: Stop, batches: Iterator[list[StoredAnswer]]) -> Iterator[list[StoredAnswer]]:
    return takewhile(lambda _: not stop.asked, batches)


def _check_price(panel: Panel, answers: Sequence[StoredAnswer], usd: float | None) -> None:
    """Raises ConfigError where the budget could not be kept."""
    for place, (name, model) in enumerate(panel.models if answers else ()):
        request = panel.empty_request(place, answers[0].record.sample)
        Allowance(usd=usd).check(worst_case(request, model), f"{panel.metric.name} by {name}")


def _at_once(panel: Panel) -> int:
    return max(model.concurrency for _, model in panel.models)


def _judging(
    store: Store,
    run: Any,
    loading: StoredPanels,
    work: Work,
    progress: Progress,
    usd: float | None,
    observe: Observe | None,
) -> Result:
    """Does the work with gateways of the judges, as a run would; closes them."""
    stop = Stop()
    note_judges(store, run, loading.models)
    try:
        enter(_opened(store, run, loading.models, work, progress, stop, usd, observe))
        reason = stop.reason
        status = Status.INTERRUPTED if isinstance(reason, KeyboardInterrupt) else Status.INCOMPLETE
        error = str(reason) if reason else progress.last_error
        status = Status.DONE if error is None else status
    except (KeyboardInterrupt, asyncio.CancelledError):
        status, error = Status.INTERRUPTED, "interrupted"
    return Result(Run(run.id, store), status, progress, error)


async def _opened(
    store: Store,
    run: Any,
    models: Mapping[str, Model],
    work: Work,
    progress: Progress,
    stop: Stop,
    usd: float | None,
    observe: Observe | None,
) -> None:
    used = list(models.values())
    sink = StoreSink(store, run.id, fresh=bool(run.fresh))
    purse = Purse(None if usd is None else Budget(Allowance(usd=usd)), sink.tally.add)
    gates = {id(model): Gateway(model, sink, progress, purse) for model in used}
    async with sink, sharing(store, run.id, sending(used)), contextlib.AsyncExitStack() as closing:
        for model in used:
            closing.push_async_callback(model.close)
        with interruptible(stop, ()), observed(progress, observe):
            await work(lambda model: gates[id(model)], stop)
