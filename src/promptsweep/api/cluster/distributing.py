"""From a plan and a cluster to a driver at work."""

from __future__ import annotations

from promptsweep.api.cluster.assigning import assignment, secrets
from promptsweep.api.cluster.driver import Driver
from promptsweep.api.cluster.starting import Hands
from promptsweep.reports import Store
from promptsweep.reports.sink import StoreSink
from promptsweep.runners import Budget, Plan, Progress, Stop
from promptsweep.runners.jobs import Done
from promptsweep.runners.slices import Slices


async def distributed(  # noqa: PLR0913, PLR0917  what an execution is made of
    hands: Hands,
    plan: Plan,
    store: Store,
    run: str,
    sink: StoreSink,
    progress: Progress,
    stop: Stop,
    done: Done,
    budget: Budget | None,
) -> None:
    """As `runners.execute`, by the workers of a cluster."""
    driver = Driver(hands, plan, sink, progress, stop, Slices(plan, done, hands.workers), budget)
    given = assignment(hands.cluster, plan, run, sink, budget), secrets(hands.cluster, plan, store)
    await driver.run(*given)
