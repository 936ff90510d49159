"""What calls cost."""

from __future__ import annotations

import time

import pytest
from genai_prices import Usage as Counts
from genai_prices import calc_price

from promptsweep.models.endpoints import Endpoint, Price
from promptsweep.models.prices import endpoint_rates, price
from promptsweep.types import Usage

OPENAI = Endpoint(provider="openai")


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-mini"),
        ("google", "gemini-2.5-pro"),
        ("anthropic", "claude-sonnet-4-5"),
        ("groq", "llama-3.3-70b-versatile"),
    ],
)
@pytest.mark.parametrize("prompt", [1000, 150_000, 250_000])
def test_prices_equal_those_of_genai_prices(provider, model, prompt):
    reference = calc_price(
        Counts(input_tokens=prompt, cache_read_tokens=400, output_tokens=300), model, provider_id=provider
    )

    cost = price(Endpoint(provider=provider), model, Usage(prompt=prompt, completion=300, cached=400))

    assert cost == pytest.approx(float(reference.total_price))


def test_models_yaml_wins_over_the_package():
    endpoint = Endpoint(provider="openai", prices={"gpt-4o-mini": Price(input=100, output=200)})

    assert price(
        endpoint, "gpt-4o-mini", Usage(prompt=10_000, completion=5_000, cached=10_000)
    ) == pytest.approx(2)


def test_a_pattern_prices_many_models_and_an_exact_name_goes_first():
    endpoint = Endpoint(prices={"*": Price(input=0, output=0), "big": Price(input=1, output=1)})

    assert price(endpoint, "any", Usage(prompt=1_000_000, completion=0)) == 0
    assert price(endpoint, "big", Usage(prompt=1_000_000, completion=0)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("endpoint", "model", "usage"),
    [
        (OPENAI, "no-such-model", Usage(prompt=1, completion=1)),
        (Endpoint(provider="no-such-vendor"), "gpt-4o", Usage(prompt=1, completion=1)),
        (Endpoint(), "gpt-4o", Usage(prompt=1, completion=1)),
        (OPENAI, "gpt-4o", Usage()),
    ],
)
def test_what_is_unknown_has_no_price(endpoint, model, usage):
    assert price(endpoint, model, usage) is None


def test_a_price_takes_microseconds_once_the_rates_are_known():
    rates = endpoint_rates(OPENAI, "gpt-4o-mini")
    usage = Usage(prompt=1000, completion=10)
    began = time.perf_counter()

    for _ in range(10_000):
        rates.cost(usage)

    assert (time.perf_counter() - began) / 10_000 < 50e-6
