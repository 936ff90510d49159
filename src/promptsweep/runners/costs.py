"""What a request can cost at most, and what an attempt did cost: the amounts of budget and ledger."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from promptsweep.embeddings import embeds
from promptsweep.errors import RateLimitError, RunFatalError, ServerError
from promptsweep.models import Model, tokens
from promptsweep.types import Completion, Request, Usage

CAPS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens", "n_predict")
"""What endpoints call the parameter that limits a reply, hidden reasoning included."""
PER_MESSAGE = 8
"""Tokens that a chat template adds around a message at most (OpenAI's add 3 to 4)."""
AROUND_MESSAGE = 4
"""Tokens that it adds around a message, about."""
PER_REQUEST = 128
"""Tokens that it adds to a request at most (gpt-oss has a preamble of about 70)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What something costs, or can cost at most."""

    usd: float | None = 0.0
    """US dollars; None where the price is unknown."""
    tokens: int | None = 0
    """Of prompt and reply; None where nothing limits the reply."""
    requests: int = 0


UNKNOWN = Cost(None, None, 1)
"""One request of which nothing is known."""


def worst_case(request: Request, model: Model) -> Cost:
    """The most that one attempt at a request can cost."""
    prompt, cap = most_prompt_tokens(request), reply_cap(request)
    if cap is None:
        free = model.price(Usage(prompt=10**6, completion=10**6)) == 0
        return Cost(0.0, None, 1) if free else UNKNOWN
    return Cost(model.price(Usage(prompt=prompt, completion=cap)), prompt + cap, 1)


def most_prompt_tokens(request: Request) -> int:
    """An upper bound: counted where the vocabulary is known, else a token for each UTF-8 byte.

    The parameters are counted with it, since some of them (JSON schemas, tools) become part of the prompt.
    """
    known = tokens.vocabulary(request.model) is not None
    texts = sum(
        tokens.count(one.content, request.model) if known else len(one.content.encode())
        for one in request.messages
    )
    return texts + PER_MESSAGE * len(request.messages) + PER_REQUEST + len(orjson.dumps(request.params))


def reply_cap(request: Request) -> int | None:
    """The most tokens of the reply; None where the request sets no limit. Vectors are no tokens."""
    caps = [request.params[name] for name in CAPS if isinstance(request.params.get(name), int)]
    return max(caps, default=0 if embeds(request.base_url) else None)


def paid(completion: Completion, worst: Cost = UNKNOWN) -> Cost:
    """What an attempt cost that gave a reply; as in the worst case where the endpoint did not count."""
    usage = completion.usage
    counted = usage.prompt is not None and usage.completion is not None
    return Cost(
        usd=worst.usd if completion.cost is None else completion.cost,
        tokens=(usage.prompt or 0) + (usage.completion or 0) if counted else worst.tokens,
        requests=1,
    )


def failed(error: BaseException, worst: Cost = UNKNOWN) -> Cost:
    """What an attempt that gave no reply can have cost: only the request where the endpoint turned it away.

    Any other failure may have been charged: a timeout, a reset or a 5xx after sending, a prompt that a filter
    stopped.
    """
    turned_away = isinstance(error, RateLimitError | RunFatalError)
    unserved = isinstance(error, ServerError) and (error.overloaded or not error.sent)
    return Cost(requests=1) if turned_away or unserved else worst
