"""What the rest of the house knows of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from promptsweep.models.forms import RequestForm
from promptsweep.models.limits import Limiter
from promptsweep.models.retry import Retries
from promptsweep.types import JSON, Completion, Message, Request, Usage


class Model(Protocol):
    """Something that answers chats: an endpoint, an embedded model, a recording, a function."""

    @property
    def name(self) -> str:
        """As the sweep names it: `openai/gpt-4o-mini`, `local`."""

    @property
    def digest(self) -> str:
        """Content address of what answers: endpoint and model, and the file where it is embedded."""

    @property
    def form(self) -> RequestForm:
        """What it adds to a request: with that, a recording builds the same requests."""

    @property
    def concurrency(self) -> int:
        """Most calls in flight, at least 1."""

    @property
    def limiter(self) -> Limiter:
        """Admits its attempts; one for all users of the same endpoint, key and model in this process."""

    @property
    def retries(self) -> Retries:
        """How often and how long a failed call is tried again."""

    @property
    def notice(self) -> str | None:
        """One line to show before first use, such as the terms of a model; None for nothing."""

    def check(self, given: Mapping[str, JSON]) -> None:
        """Raises ConfigError for a parameter that it does not take, or a value that no model takes."""

    def request(self, messages: tuple[Message, ...], given: Mapping[str, JSON], draw: int) -> Request:
        """The request as it will be sent: defaults merged in, parameters in the endpoint's own names."""

    async def chat(self, request: Request) -> Completion:
        """The reply to one attempt. Raises the sorted errors of `promptsweep.errors`."""

    def count_tokens(self, text: str) -> int:
        """Tokens of a text in the model's own vocabulary where it is known, else a stated estimate."""

    def price(self, usage: Usage) -> float | None:
        """US dollars for the tokens of one call; 0 where calls are free, None where the price is unknown."""

    async def close(self) -> None:
        """Frees connections. The model can be used again, also in another event loop."""


@runtime_checkable
class Recalling(Protocol):
    """A model that may have a reply without asking: a recording in place of the real one."""

    @property
    def sends(self) -> bool:
        """Whether it may ask the real model at all."""

    def recall(self, request: Request) -> Completion | None:
        """The reply it has, marked as cached; None: `chat` asks the real model.

        Raises ReplayMissError where it has none and does not ask.
        """
