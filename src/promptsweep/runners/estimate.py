"""What a plan would send, at most, and how long that takes at least; nothing is sent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from promptsweep.errors import RequestError
from promptsweep.models import Model, tokens
from promptsweep.models.limits import Limits
from promptsweep.runners.costs import AROUND_MESSAGE, reply_cap
from promptsweep.runners.judging import TRIES
from promptsweep.runners.plan import Plan, PlannedArm, first_request
from promptsweep.types import Request, Usage

RENDERED = 20
"""Samples of an arm whose first request is rendered to count its tokens."""
AGAIN = 50
"""Tokens by which a judge is asked for a verdict again, about."""


@dataclass(frozen=True, slots=True)
class JudgeEstimate:
    """What judges would be sent for all answers of an arm, each reply taken to hold no verdict at first."""

    calls: int
    """At most: twice as many as verdicts."""
    tokens: int | None
    """At most; None where nothing limits the answers, or the judges' replies."""
    usd: float | None


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
    judges: JudgeEstimate | None = None
    """What its judges would take besides; None without judges."""

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
    requests, chunks = await _rendered(planned)
    if not requests:
        return _nothing(planned, repeats)
    prompt = sum(prompt_tokens(request, planned.model) for request in requests) / len(requests)
    cap, records = reply_cap(requests[0]), planned.selection.count * repeats
    each, once = _most_calls(planned, chunks)
    worst = None if each is None or cap is None else _worst_calls(each, round(prompt), cap)
    shared = [Usage(round(prompt), 1)] * (once * repeats)
    price = None if worst is None else _price(worst, planned.model)
    common = _price(shared, planned.model)
    return ArmEstimate(
        planned=planned,
        records=records,
        calls=None if each is None else each * records + once * repeats,
        exact=each == 1 and not once,
        prompt_tokens=prompt,
        vocabulary=tokens.vocabulary(requests[0].model),
        reply_cap=cap,
        tokens=None if worst is None else records * _all(worst) + _all(shared),
        usd=None if price is None or common is None else records * price + common,
        judges=_judges(planned, records, None if each is None or cap is None else each * cap),
    )


async def _rendered(planned: PlannedArm) -> tuple[list[Request], float]:
    """The first requests of some samples, and in how many parts their documents are read, the mean.

    Samples whose prompt is refused as too long send nothing.
    """
    requests, chunks = [], []
    for sample in islice(planned.selection, RENDERED):
        try:
            requests.append(await first_request(planned, sample))
        except RequestError:
            continue
        pieces = planned.overflow and await planned.overflow.pieces(planned, sample)
        chunks.append(len(pieces or [sample]))
    return requests, sum(chunks) / max(1, len(chunks))


def _nothing(planned: PlannedArm, repeats: int) -> ArmEstimate:
    """Of an arm whose every prompt is refused as too long."""
    records, vocabulary = planned.selection.count * repeats, tokens.vocabulary(planned.model.form.model)
    return ArmEstimate(planned, records, 0, False, 0.0, vocabulary, None, 0, 0.0)


def _most_calls(planned: PlannedArm, chunks: float) -> tuple[int | None, int]:
    """The most calls of one record that are its own, and how many all records of a repeat have in common.

    Where documents are read in `chunks` parts, each takes all of them, and merging one less at most.
    """
    params = planned.renderer.params
    most, shared = planned.strategy.most_calls(params), planned.strategy.shared_calls(params)
    if most is None or chunks == 1:
        return (None if most is None else most - shared), shared
    return math.ceil(chunks * most + chunks - 1), 0


def _judges(planned: PlannedArm, records: int, answer: int | None) -> JudgeEstimate | None:
    """`answer` is the most tokens of an answer; None where nothing limits it."""
    samples = list(islice(planned.selection, RENDERED))
    calls, tokens, usd = 0, 0, 0.0
    limited = priced = True
    for panel in planned.panels:
        for place, (_, model) in enumerate(panel.models):
            calls += records * panel.orders * TRIES
            requests = [panel.empty_request(place, sample) for sample in samples]
            prompt = sum(prompt_tokens(one, model) for one in requests) / len(requests)
            cap = reply_cap(requests[0])
            if answer is None or cap is None:
                limited = False
                continue
            tries = [Usage(round(prompt) + answer, cap), Usage(round(prompt) + answer + cap + AGAIN, cap)]
            price = _price(tries, model)
            tokens += records * panel.orders * _all(tries)
            usd, priced = usd + records * panel.orders * (price or 0.0), priced and price is not None
    if not planned.panels:
        return None
    return JudgeEstimate(calls, tokens if limited else None, usd if limited and priced else None)


def prompt_tokens(request: Request, model: Model) -> int:
    """Tokens of a prompt, as near as can be counted."""
    return sum(model.count_tokens(message.content) + AROUND_MESSAGE for message in request.messages)


def _worst_calls(most: int, prompt: int, cap: int) -> list[Usage]:
    return [Usage(prompt, cap), *[Usage(prompt + cap, cap)] * (most - 1)]


def _all(calls: Iterable[Usage]) -> int:
    """Tokens of prompts and replies."""
    return sum((usage.prompt or 0) + (usage.completion or 0) for usage in calls)


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
