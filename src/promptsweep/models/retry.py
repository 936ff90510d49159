"""Sends again what may succeed the next time. A call that succeeds at once never comes here."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Ge, Gt

from promptsweep.errors import RateLimitError, ServerError
from promptsweep.types import Completion

if TYPE_CHECKING:
    from tenacity import RetryCallState

RETRIED = (RateLimitError, ServerError)
Send = Callable[[], Awaitable[Completion]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often and how long a failed call is tried again."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    attempts: Annotated[int, Ge(1)] = 6
    """Most times a call is sent, the first included."""
    patience: Annotated[float, Ge(0)] = 60.0
    """Most seconds a call waits between its attempts, all waits together."""
    first: Annotated[float, Gt(0)] = 1.0
    """Seconds before the second attempt; each further wait is twice as long, less a random part."""
    longest: Annotated[float, Gt(0)] = 20.0
    """Most seconds of one wait, where the endpoint does not ask for more."""


async def retry(first: RateLimitError | ServerError, send: Send, retries: Retries) -> Completion:
    """Goes on after a first failure; raises the last one when attempts or patience run out.

    Waits as long as the endpoint asks (Retry-After), else exponentially longer, half of it at random.
    """
    from tenacity import AsyncRetrying, retry_if_exception_type

    failed = [first]

    async def attempt() -> Completion:
        if failed:
            raise failed.pop()
        return await send()

    retrying = AsyncRetrying(
        retry=retry_if_exception_type(RETRIED),
        wait=lambda state: _wait(state, retries),
        stop=lambda state: _stop(state, retries),
        reraise=True,
    )
    try:
        completion: Completion = await retrying(attempt)
    except RETRIED as error:
        error.args = (f"{error} (attempts: {retrying.statistics['attempt_number']})",)
        raise
    return replace(completion, attempts=retrying.statistics["attempt_number"])


def _wait(state: RetryCallState, retries: Retries) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RETRIED) and error.retry_after is not None:
        return error.retry_after + random.uniform(0, retries.first / 10)
    longest: float = min(retries.longest, retries.first * 2 ** (state.attempt_number - 1))
    return random.uniform(longest / 2, longest)


def _stop(state: RetryCallState, retries: Retries) -> bool:
    """Tenacity has set the wait that would come next by the time it asks."""
    return state.attempt_number >= retries.attempts or (
        state.idle_for + state.upcoming_sleep > retries.patience
    )
