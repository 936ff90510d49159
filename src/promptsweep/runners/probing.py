"""The first request of every arm, made before anything is sent."""

from __future__ import annotations

from promptsweep.errors import RequestError
from promptsweep.runners.budget import Allowance
from promptsweep.runners.costs import worst_case
from promptsweep.runners.panels import Panel
from promptsweep.runners.plan import Plan, first_request
from promptsweep.types import Message, Sample


async def probe(plan: Plan) -> None:
    """Renders the first sample of every arm, so that a broken template costs nothing.

    Raises ConfigError also where the plan's budget cannot be kept, as the worst case of a request is unknown.
    """
    for planned in plan.arms:
        try:
            request = await first_request(planned, next(iter(planned.selection)))
        except RequestError:  # too long: this sample's error, not the run's
            continue
        if plan.budget is not None:
            plan.budget.check(worst_case(request, planned.model), planned.arm.label)
        for panel in planned.panels:
            _probe_judges(panel, next(iter(planned.selection)), plan.budget)
    for embedder in plan.embedders:
        if plan.budget is not None:
            text = embedder.request((Message("user", ""),), {}, 0)
            plan.budget.check(worst_case(text, embedder), embedder.name)


def _probe_judges(panel: Panel, sample: Sample, budget: Allowance | None) -> None:
    for place, (name, model) in enumerate(panel.models):
        request = panel.empty_request(place, sample)
        if budget is not None:
            budget.check(worst_case(request, model), f"{panel.metric.name} by {name}")
