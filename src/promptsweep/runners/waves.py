"""How many waves of batches a plan makes at least; nothing is sent."""

from __future__ import annotations

import asyncio
import contextlib
import math

from promptsweep.models import Model
from promptsweep.runners.plan import Plan, PlannedArm
from promptsweep.types import Completion, Request

STAND_IN = "1. One\n2. Two\n3. Three"
"""A reply that a list can be read from."""


async def least_waves(plan: Plan) -> int:
    """The waves of the model that makes most; others make theirs at the same time.

    A sample's calls that need one another's replies are waves of their own, and no wave holds more samples
    than are open at once.
    """
    depths = [await depth(planned) for planned in plan.arms]

    def of(model: Model) -> int:
        own = [(one, steps) for one, steps in zip(plan.arms, depths, strict=True) if one.model is model]
        work = sum(one.selection.count * plan.repeats * steps for one, steps in own)
        return max(math.ceil(work / model.concurrency), *(steps for _, steps in own))

    return max(map(of, plan.models))


async def depth(planned: PlannedArm) -> int:
    """How many calls of a sample need the reply of the one before, by a dry run on a stand-in; at least 1.

    What a strategy makes of such a reply need not be what it makes of a real one.
    """

    async def send(_request: Request) -> Completion:
        await asyncio.sleep(0)  # calls that are made together must all begin before one of them ends
        return Completion(STAND_IN, seconds=1.0)

    sample = next(iter(planned.selection))
    ask = planned.ask(sample, send)
    with contextlib.suppress(Exception):  # it may want another reply: what it asked until then counts
        await planned.strategy.function(sample, ask, **planned.own_params())
    return max(1, round(ask.critical_seconds))
