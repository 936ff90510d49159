"""Doubles for tests: models made from functions."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter

from promptsweep.models import tokens
from promptsweep.models.forms import RequestForm
from promptsweep.models.limits import Limiter, steady
from promptsweep.models.retry import Retries
from promptsweep.types import JSON, Completion, Message, Request, Usage, digest

Answer = str | Completion


@dataclass(eq=False)
class FunctionModel:
    """A model that answers with what a function returns for the request.

    The function returns a text or a Completion, may be asynchronous, and may raise any `ModelError`. The
    name is the model's identity: give another function another name, or stored replies of the first serve.
    """

    function: Callable[[Request], Answer | Awaitable[Answer]]
    name: str = field(default="function", kw_only=True)
    latency: float = field(default=0.0, kw_only=True)
    """Seconds before each reply."""
    concurrency: int = field(default=64, kw_only=True)
    notice: str | None = field(default=None, kw_only=True)
    retries: Retries = field(default_factory=lambda: Retries(first=0.01), kw_only=True)
    requests: list[Request] = field(default_factory=list, init=False, repr=False)
    """Every request, in the order of arrival."""
    peak_in_flight: int = field(default=0, init=False)
    """Most calls that were under way at the same time."""
    limiter: Limiter = field(init=False, repr=False)
    _in_flight: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        self.limiter = steady(self.concurrency)

    @property
    def calls(self) -> int:
        """How many requests came."""
        return len(self.requests)

    @property
    def digest(self) -> str:
        """Content address of the name."""
        return digest("function", self.name)

    @property
    def form(self) -> RequestForm:
        """Adds nothing to a request."""
        return RequestForm(model=self.name, base_url="function")

    def check(self, given: Mapping[str, JSON]) -> None:
        """Raises ConfigError for what no model takes."""
        self.form.check(given, self.name)

    def request(self, messages: tuple[Message, ...], given: Mapping[str, JSON], draw: int) -> Request:
        """The request that the function will get."""
        return self.form.request(messages, given, draw)

    async def chat(self, request: Request) -> Completion:
        """What the function returns."""
        self.requests.append(request)
        self._in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self._in_flight)
        began = perf_counter()
        try:
            await asyncio.sleep(self.latency)
            answer = self.function(request)
            answer = await answer if inspect.isawaitable(answer) else answer
        finally:
            self._in_flight -= 1
        return Completion(answer, seconds=perf_counter() - began) if isinstance(answer, str) else answer

    def count_tokens(self, text: str) -> int:
        """An estimate."""
        return tokens.estimate(text)

    def price(self, usage: Usage) -> float | None:  # noqa: ARG002
        """Unknown."""
        return None

    async def close(self) -> None:
        """Nothing to free."""
