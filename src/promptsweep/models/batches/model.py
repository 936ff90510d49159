"""An endpoint's model whose calls are answered by its Batch API."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from promptsweep.errors import ConfigError
from promptsweep.models.batch_terms import Terms
from promptsweep.models.batches.batch import Counts
from promptsweep.models.batches.notes import Notes
from promptsweep.models.batches.vendor import Vendor
from promptsweep.models.batches.waves import Waves
from promptsweep.models.limits import Limiter, Limits, Turn
from promptsweep.models.openai import OpenAIModel
from promptsweep.models.prices import Rates, batch_rates
from promptsweep.models.retry import Retries
from promptsweep.types import JSON, Completion, Message, Request, Usage

WINDOW = 20_000
"""Samples that are open at once, where nothing else is said."""
NO_WAIT = 1e-6
"""Seconds before a request that failed in one batch joins the next."""


class _Unthrottled(Limiter):
    """Everyone may join a wave, at any time."""

    def _limited(self, turn: Turn, retry_after: float | None) -> None:
        """A line that was refused says nothing of the next batch."""


class BatchModel:
    """Same identity, requests and replies as the live model; a call may take a day.

    A call joins the next wave, which goes out once no other joins. `window` samples are worked on at once,
    so that a wave is large; memory grows with it. Nothing is sent before `noted_in` is called.
    """

    def __init__(self, live: OpenAIModel, terms: Terms, window: int = WINDOW):
        self._live, self.terms = live, terms
        self.name = f"{live.name} (batch)"
        self.digest, self.form, self.concurrency = live.digest, live.form, window
        self.limiter = _Unthrottled(Limits(concurrency=10**9, adaptive=False))
        self.retries = Retries(
            attempts=live.endpoint.retries.attempts, patience=float("inf"), first=NO_WAIT, longest=NO_WAIT
        )
        self.counts = Counts()
        self._notes: Notes | None = None
        self._opened: Waves | None = None

    def __repr__(self) -> str:
        return f"BatchModel({self._live!r})"

    @property
    def notice(self) -> str:
        """What to expect, and how to leave."""
        return (
            f"{self._live.name} is asked in batches, which can take 24 hours each. Ctrl-C once stops waiting "
            "and leaves them running at the vendor; twice cancels them there."
        )

    @property
    def under_way(self) -> int:
        """Batches at the vendor that this process knows of."""
        return len(self.counts.at_vendor)

    def noted_in(self, notes: Notes) -> None:
        """Where batches are noted before they are made."""
        self._notes = notes

    def check(self, given: Mapping[str, JSON]) -> None:
        """As the live model."""
        self._live.check(given)

    def request(self, messages: tuple[Message, ...], given: Mapping[str, JSON], draw: int) -> Request:
        """The live model's, key and all."""
        return self._live.request(messages, given, draw)

    async def chat(self, request: Request) -> Completion:
        """The reply, when its batch ends; raises the sorted errors of its line."""
        return await self._waves.reply(request)

    def count_tokens(self, text: str) -> int:
        """As the live model."""
        return self._live.count_tokens(text)

    def price(self, usage: Usage) -> float | None:
        """US dollars for one call at the batch price; None where the price is unknown."""
        return None if self._rates is None else self._rates.cost(usage)

    def leave(self) -> None:
        """Ends all calls with LeftRunningError; their batches go on at the vendor."""
        if self._opened is not None:
            self._opened.leave()

    async def cancel(self) -> list[str]:
        """Cancels the run's batches at the vendor; returns their ids. What is finished is charged."""
        return await self._waves.cancel()

    async def close(self) -> None:
        """Stops waiting and closes connections."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.close()

    @property
    def _waves(self) -> Waves:
        if self._opened is None:
            if self._notes is None:
                raise ConfigError("batches need a store to be noted in: promptsweep run SWEEP --engine batch")
            live, terms = self._live, self.terms
            vendor = Vendor(live.client(terms.path), live.name, live.key, first=min(1.0, terms.poll))
            self._opened = Waves(vendor, self._notes, self.digest, terms, self.price, self.counts)
        return self._opened

    @cached_property
    def _rates(self) -> Rates | None:
        return batch_rates(self._live.endpoint, self._live.form.model, self.terms.price)
