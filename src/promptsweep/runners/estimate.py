"""What a plan would send, at most, and how long that takes at least; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from promptsweep.models import Model, tokens
from promptsweep.models.limits import Limits
from promptsweep.runners.costs import reply_cap
from promptsweep.runners.plan import Plan, PlannedArm, first_request
from promptsweep.types import Request, Usage

RENDERED = 20
"""Samples of an arm whose first request is rendered to count its tokens."""
AROUND_MESSAGE = 4
"""Tokens that a chat template adds around a message, about."""


@dataclass(frozen=True, slots=True)
class ArmEstimate:
    """What an arm would send. Tokens and dollars stand for all samples, counted on `RENDERED` of them."""

    planned: PlannedArm
    records: int
    calls: int | None
    """At most; None for a strategy of the user's that does not declare it."""
    exact: bool
    """Whether there are no fewer calls either."""
    prompt_tokens: float
    """Of the first call, the mean."""
    vocabulary: str | None
    """That of the model, in which they were counted; None: estimated."""
    reply_cap: int | None
    """Most tokens of a reply; None where nothing limits it."""
    tokens: int | None
    """At most, of prompts and replies; None where calls or replies have no known limit."""
    usd: float | None
    """At most; None where `tokens` or the price is unknown."""

    @property
    def least_tokens(self) -> float:
        """Of the prompts of the first calls alone."""
        return self.records * self.prompt_tokens


async def estimate(plan: Plan) -> list[ArmEstimate]:
    """An estimate for each arm. Raises ConfigError as the run would."""
    return [await estimate_arm(planned, plan.repeats) for planned in plan.arms]


async def estimate_arm(planned: PlannedArm, repeats: int) -> ArmEstimate:
    """What an arm would send.

    The prompts of further calls are not known before the replies: each is taken to be as long as the first,
    with one reply of full length in it.
    """
    requests = [await first_request(planned, sample) for sample in islice(planned.selection, RENDERED)]
    prompt = sum(prompt_tokens(request, planned.model) for request in requests) / len(requests)
    cap, records = reply_cap(requests[0]), planned.selection.count * repeats
    most = planned.strategy.most_calls(planned.renderer.params)
    worst = None if most is None or cap is None else _worst_calls(most, round(prompt), cap)
    price = None if worst is None else _price(worst, planned.model)
    return ArmEstimate(
        planned=planned,
        records=records,
        calls=None if most is None else most * records,
        exact=planned.strategy.single_call,
        prompt_tokens=prompt,
        vocabulary=tokens.vocabulary(requests[0].model),
        reply_cap=cap,
        tokens=None if worst is None else records * sum(_both(usage) for usage in worst),
        usd=None if price is None else records * price,
    )


def prompt_tokens(request: Request, model: Model) -> int:
    """Tokens of a prompt, as near as can be counted."""
    return sum(model.count_tokens(message.content) + AROUND_MESSAGE for message in request.messages)


def _worst_calls(most: int, prompt: int, cap: int) -> list[Usage]:
    return [Usage(prompt, cap), *[Usage(prompt + cap, cap)] * (most - 1)]


def _both(usage: Usage) -> int:
    return (usage.prompt or 0) + (usage.completion or 0)


def _price(calls: Iterable[Usage], model: Model) -> float | None:
    prices = [model.price(usage) for usage in calls]
    known = [price for price in prices if price is not None]
    return sum(known) if len(known) == len(prices) else None


def least_seconds(calls: float, tokens: float, busy: float, allowed: Limits) -> float:
    """The seconds that calls take at the limits.

    The longest of what requests a minute and tokens a minute allow, and of the `busy` seconds of all calls
    together, as many at once as may be.
    """
    by_requests = 0.0 if allowed.requests_per_minute is None else 60 * calls / allowed.requests_per_minute
    by_tokens = 0.0 if allowed.tokens_per_minute is None else 60 * tokens / allowed.tokens_per_minute
    return max(by_requests, by_tokens, busy / allowed.concurrency)


def seconds_at_limits(estimates: Sequence[ArmEstimate]) -> float:
    """Least seconds of the whole run by the rates alone, with one call a record; models run side by side."""
    by_model: dict[str, list[ArmEstimate]] = {}
    for one in estimates:
        by_model.setdefault(one.planned.arm.model, []).append(one)
    return max(
        least_seconds(
            calls=sum(one.records for one in arms),
            tokens=sum(one.least_tokens for one in arms),
            busy=0.0,
            allowed=arms[0].planned.model.limiter.limits,
        )
        for arms in by_model.values()
    )
