"""What a call costs, in US dollars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

from promptsweep.types import Usage

if TYPE_CHECKING:
    from decimal import Decimal

    from genai_prices.types import TieredPrices

    from promptsweep.models.endpoints import Endpoint, Price

MILLION = 1_000_000
Steps = Sequence[tuple[int, float]]
"""Dollars per token for prompts longer than so many tokens, in rising order."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What a token costs. Some vendors charge more per token for long prompts."""

    input: Steps
    output: Steps
    cached: Steps

    def cost(self, usage: Usage) -> float | None:
        """Dollars for one call; None where the endpoint did not count its tokens."""
        if usage.prompt is None or usage.completion is None:
            return None
        cached = min(usage.cached or 0, usage.prompt)
        return (
            _at(self.input, usage.prompt) * (usage.prompt - cached)
            + _at(self.cached, usage.prompt) * cached
            + _at(self.output, usage.prompt) * usage.completion
        )

    def times(self, part: float) -> Rates:
        """The same rates, each multiplied by `part`."""
        kinds = (self.input, self.output, self.cached)
        return Rates(*([(start, usd * part) for start, usd in steps] for steps in kinds))


def price(endpoint: Endpoint, model: str, usage: Usage) -> float | None:
    """Dollars for one call: by `prices` in models.yaml, else by the genai-prices package, else None."""
    rates = endpoint_rates(endpoint, model)
    return None if rates is None else rates.cost(usage)


def endpoint_rates(endpoint: Endpoint, model: str) -> Rates | None:
    """The rates of an endpoint's model; None where they are unknown. Keep them: the look-up takes a while."""
    own = endpoint.prices.get(model) or _by_pattern(endpoint, model)
    if own is not None:
        cached = own.input if own.cached is None else own.cached
        return Rates(_flat(own.input), _flat(own.output), _flat(cached))
    return vendor_rates(endpoint.provider, model) if endpoint.provider else None


def embedding_rate(endpoint: Endpoint, model: str) -> float | None:
    """Dollars per token of an embedding model, where only what goes in counts; None where it is unknown."""
    own = endpoint.prices.get(model) or _by_pattern(endpoint, model)
    if own is not None:
        return own.input / MILLION
    return _vendor_input_rate(endpoint.provider, model) if endpoint.provider else None


@cache
def _vendor_input_rate(provider: str, model: str) -> float | None:
    from genai_prices import Usage as Counts
    from genai_prices import calc_price

    try:
        known = calc_price(Counts(input_tokens=1), model, provider_id=provider).model_price.input_mtok
    except LookupError:
        return None
    return None if known is None else _at(_steps(known), 1)


def batch_rates(endpoint: Endpoint, model: str, part: float) -> Rates | None:
    """The rates in batches: those that genai-prices knows, else `part` of the live ones; None for unknown."""
    own = endpoint.prices.get(model) or _by_pattern(endpoint, model)
    if own is None and endpoint.provider and (known := vendor_rates(endpoint.provider, model, batch=True)):
        return known
    live = endpoint_rates(endpoint, model)
    return None if live is None else live.times(part)


@cache
def vendor_rates(provider: str, model: str, *, batch: bool = False) -> Rates | None:
    """The rates in genai-prices, as of the installed release; None for a model it does not know.

    With `batch`, those of batches; None where it knows none that differ.
    """
    from genai_prices import Usage as Counts
    from genai_prices import calc_price

    counts = Counts(input_tokens=1, output_tokens=1)
    try:
        known = live = calc_price(counts, model, provider_id=provider).model_price
    except LookupError:
        return None
    if batch:
        context = {"processing": "batch"}
        known = calc_price(counts, model, provider_id=provider, price_context=context).model_price
        if known == live:
            return None
    if known.input_mtok is None or known.output_mtok is None:
        return None
    cached = known.cache_read_mtok or known.input_mtok
    return Rates(_steps(known.input_mtok), _steps(known.output_mtok), _steps(cached))


def _by_pattern(endpoint: Endpoint, model: str) -> Price | None:
    found = (own for pattern, own in endpoint.prices.items() if fnmatchcase(model, pattern))
    return next(found, None)


def _steps(known: Decimal | TieredPrices) -> Steps:
    from genai_prices.types import TieredPrices

    if not isinstance(known, TieredPrices):
        return _flat(float(known))
    dearer = ((tier.start, float(tier.price) / MILLION) for tier in known.tiers)
    return (*_flat(float(known.base)), *dearer)


def _flat(per_million: float) -> Steps:
    return ((-1, per_million / MILLION),)


def _at(steps: Steps, prompt: int) -> float:
    rate = 0.0
    for start, dollars in steps:
        if prompt > start:
            rate = dollars
    return rate
