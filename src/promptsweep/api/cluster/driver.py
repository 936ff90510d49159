"""The driver: leases slices, divides rates and budget, stores what comes back, and replaces lost workers."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from promptsweep.api.cluster.assigning import check
from promptsweep.api.cluster.messages import Assignment, Orders, Report, Secrets
from promptsweep.api.cluster.starting import Hands
from promptsweep.api.cluster.worker import Worker
from promptsweep.errors import BudgetReached, IncompleteError, RunFatalError
from promptsweep.models import Model
from promptsweep.reports.remote import Parcel
from promptsweep.reports.sink import StoreSink
from promptsweep.runners import Budget, Plan, Progress, Stop
from promptsweep.runners.claims import Claims
from promptsweep.runners.portions import Account
from promptsweep.runners.shares import divided, part
from promptsweep.runners.slices import Slices

PATIENCE = 60.0
"""Seconds without any worker after which a run ends, and after which one that starts is not counted on."""
DEATHS = 3
"""Deaths for each worker, with no record between them, after which a run ends."""
LOOK = 0.2
"""Seconds between two looks at what no message tells."""


class Member:
    """The driver's side of one worker."""

    def __init__(self, number: int, actor: Any, budget: Budget | None):
        self.number, self.actor = number, actor
        self.orders = Orders()
        self.account = None if budget is None else Account(budget)
        self.parts: dict[str, Any] = {}
        """As the worker knows them."""
        self.drawing: asyncio.Task[None] | None = None
        """Waits for money."""

    def nudge(self) -> None:
        """The worker should hear of its orders at once."""
        self.actor.nudge.remote()

    def lose(self) -> None:
        """The worker is gone: what it held of the budget may have been spent."""
        if self.drawing is not None:
            self.drawing.cancel()
        if self.account is not None:
            self.account.lose()


class Driver:
    """One execution of a plan by workers."""

    def __init__(
        self, hands: Hands, plan: Plan, sink: StoreSink, progress: Progress, stop: Stop, slices: Slices,
        budget: Budget | None,
    ):  # fmt: skip
        self._hands, self._plan, self._sink, self._progress = hands, plan, sink, progress
        self._stop, self._slices, self._budget = stop, slices, budget
        self._claims, self._models = Claims(), {model.name: model for model in plan.models}
        self._asked = _asked(plan)
        self._members: dict[int, Member] = {}
        self._starting = dict.fromkeys(range(hands.workers), time.monotonic())
        """Worker → when it was asked for."""
        self._deaths, self._seen = 0, time.monotonic()
        self._news = asyncio.Event()

    async def run(self, assignment: Assignment, secrets: Secrets) -> None:
        """Works until every job is done or the run is stopped, and what is in flight then is stored.

        Raises what made storing fail, ConfigError where a worker's plan is another, and IncompleteError where
        no worker can be had.
        """
        given = self._hands.ray.put(assignment), secrets
        tasks = {
            number: asyncio.ensure_future(self._keep(number, *given)) for number in range(self._hands.workers)
        }
        try:
            while not self._end:
                await _news(tasks.values(), self._news)
                self._watch()
            serving = [tasks[number] for number in self._members]
            await asyncio.gather(*serving)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
            for member in self._members.values():
                member.lose()

    @property
    def _end(self) -> bool:
        return self._stop.asked or self._slices.finished

    async def _keep(self, number: int, assignment: Any, secrets: Secrets) -> None:
        """One worker, and another in its place when it is lost."""
        ray = self._hands.ray
        actors = ray.remote(Worker).options(num_cpus=1, scheduling_strategy="SPREAD")
        while not self._end:
            self._starting[number] = time.monotonic()
            actor = actors.remote()
            try:
                check(self._plan, await _answer(actor.start.remote(assignment, secrets)))
                await self._serve(Member(number, actor, self._budget))
            except ray.exceptions.RayError as death:
                self._lost(number, death)
            else:
                return
            finally:
                ray.kill(actor)

    async def _serve(self, member: Member) -> None:
        self._members[member.number] = member
        self._starting.pop(member.number, None)
        while True:
            orders, member.orders = self._orders(member), Orders()
            report = await _answer(member.actor.exchange.remote(orders))
            await self._receive(member, report)
            if report.ended:
                del self._members[member.number]
                self._release(member.number)
                return

    def _orders(self, member: Member) -> Orders:
        """What gathered for it since the last time, and what changed for all."""
        orders = member.orders
        for model in (*self._plan.models, *self._plan.judges, *self._plan.embedders):
            found = part(model, member.number, self._users(model))
            if member.parts.get(model.name) != found:
                member.parts[model.name] = orders.parts[model.name] = found
        orders.surrender = self._budget is not None and self._budget.awaited
        orders.end = self._end
        return orders

    def _users(self, model: Model) -> set[int]:
        """Who has a part of the model's limits: towards the end only those who still need it.

        All may need an embedder to the end.
        """
        users = self._slices.users(model.name) if model.name in self._models else None
        return {*self._members, *self._starting} if users is None else users

    async def _receive(self, member: Member, report: Report) -> None:
        self._store(member, report)
        self._progress.include(report.progress)
        if report.failed is not None:
            raise IncompleteError(report.failed)
        if report.fatal is not None:
            self._stop(RunFatalError(report.fatal))
        for name, count in report.wanted.items():
            if all(self._has_room(member, one) for one in self._asked[name].values()):
                member.orders.slices += self._slices.lease(member.number, name, count)
        await self._answer(member, report.parcel)
        await self._pay(member, report)
        if self._end:
            self._news.set()
        await self._sink.room()

    def _store(self, member: Member, report: Report) -> None:
        parcel, places = report.parcel, {planned.arm.key: i for i, planned in enumerate(self._plan.arms)}
        for made in parcel.made:
            self._sink.take(made)
        for entry in parcel.entered:
            self._sink.tally.add(*entry)
        for record in parcel.finished:
            self._slices.recorded(member.number, places[record.arm], record.position, record.repeat)
            self._progress.finished += 1
            if record.error is not None:
                self._progress.errors += 1
                self._progress.last_error = record.error
            self._deaths = 0

    def _has_room(self, member: Member, model: Model) -> bool:
        """No more workers ask a model than it has calls: each has one in flight at least."""
        asking = [name for name, asked in self._asked.items() if model.name in asked]
        holders = {worker for name in asking for worker in self._slices.holders(name)}
        return member.number in holders or not divided(model) or len(holders) < model.concurrency

    async def _answer(self, member: Member, parcel: Parcel) -> None:
        """Replies that are stored, and who is to send what is not."""
        for key in parcel.kept:
            await self._settle(key)
        for key in parcel.abandoned:
            self._pass_on(key, self._claims.pass_on(key, member.number))
        asked = [key for key in parcel.lookups if self._claims.take(key, member.number)]
        for key, reply in zip(asked, await asyncio.gather(*map(self._sink.lookup, asked)), strict=True):
            member.orders.found[key] = reply
            if reply is not None:
                await self._settle(key)

    async def _settle(self, key: str) -> None:
        """The reply to those who wait for it."""
        for number in self._claims.settle(key):
            if waiting := self._members.get(number):
                waiting.orders.found[key] = await self._sink.lookup(key)
                waiting.nudge()

    def _pass_on(self, key: str, heir: int | None) -> None:
        if heir is not None:
            self._members[heir].orders.found[key] = None
            self._members[heir].nudge()

    async def _pay(self, member: Member, report: Report) -> None:
        """Enters what the worker spent of the budget, and grants it more."""
        if member.account is None or self._budget is None:
            return
        member.account.settle(report.paid, report.surrendered)
        if report.asked is None or member.drawing is not None or member.orders.granted is not None:
            return
        drawing = self._draw(member, member.account, *report.asked)
        if self._budget.fits(report.asked[0]) and not self._budget.awaited:
            await drawing
        else:
            member.drawing = asyncio.ensure_future(drawing)

    async def _draw(self, member: Member, account: Account, first: Any, total: Any) -> None:
        try:
            member.orders.granted = await account.draw(first, total)
        except (BudgetReached, IncompleteError) as error:
            member.orders.refused = str(error)
        if member.drawing is not None:
            member.drawing = None
            member.nudge()

    def _lost(self, number: int, death: Exception) -> None:
        """The worker is gone: others do its work."""
        self._deaths += 1
        if member := self._members.pop(number, None):
            member.lose()
        self._slices.lost(number)
        self._release(number)
        if self._deaths > DEATHS * self._hands.workers:
            raise IncompleteError(f"workers die as soon as they start: {_reason(death)}")

    def _release(self, number: int) -> None:
        """Others send what this worker was to send."""
        for key, heir in self._claims.lose(number).items():
            self._pass_on(key, heir)

    def _watch(self) -> None:
        """Notices when no worker is there, or comes."""
        now = time.monotonic()
        late = [number for number, asked in self._starting.items() if now - asked > PATIENCE]
        for number in late:
            del self._starting[number]
        if self._members:
            self._seen = now
        elif now - self._seen > PATIENCE:
            raise IncompleteError(
                f"no worker could be started in {PATIENCE:g} s: the cluster has no processor free"
            )


def _asked(plan: Plan) -> dict[str, dict[str, Model]]:
    """Candidate's name → all that are asked for its records, by name: itself, its judges and embedders."""
    found: dict[str, dict[str, Model]] = {}
    for planned in plan.arms:
        judges = [model for panel in planned.panels for _, model in panel.models]
        asked = (planned.model, *judges, *planned.embedders)
        found.setdefault(planned.model.name, {}).update((model.name, model) for model in asked)
    return found


async def _answer(reference: Any) -> Any:
    """What an actor's method returns. Who is cancelled leaves the call alone: Ray's client cannot bear it."""
    call = asyncio.wrap_future(reference.future())
    call.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return await asyncio.shield(call)


async def _news(tasks: Any, news: asyncio.Event) -> None:
    """Waits until a task ends, something is told, or it is time to look; raises what a task raised."""
    telling = asyncio.ensure_future(news.wait())
    try:
        done, _ = await asyncio.wait({*tasks, telling}, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
    finally:
        telling.cancel()
    for task in done:
        task.result()


def _reason(death: Exception) -> str:
    """The last line of what Ray says; the first ones say where, and not why."""
    lines = [line.strip() for line in str(death).splitlines() if line.strip()]
    return lines[-1] if lines else type(death).__name__
