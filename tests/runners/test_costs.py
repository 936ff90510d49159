"""What a request can cost at most, and what an attempt did cost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsweep.errors import (
    AuthenticationError,
    QuotaError,
    RateLimitError,
    RequestError,
    RunFatalError,
    ServerError,
)
from promptsweep.models import tokens
from promptsweep.runners.costs import Cost, failed, most_prompt_tokens, paid, reply_cap, worst_case
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Message, Request, Usage

WORST = Cost(0.5, 500, 1)


class PricedModel(FunctionModel):
    """A dollar for a million prompt tokens, two for a million reply tokens."""

    def price(self, usage):
        return (usage.prompt + 2 * usage.completion) / 1e6


class FreeModel(FunctionModel):
    """Costs nothing."""

    def price(self, usage):
        return 0.0


def request(text="Hello?", model="m", **params):
    return Request(model, "function", (Message("user", text),), params)


@settings(deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=4), st.sampled_from(["gpt-4o", "gpt-4", "llama"]))
def test_no_tokenizer_of_a_known_vocabulary_finds_more_tokens_than_the_bound(texts, model):
    asked = Request(model, "x", tuple(Message("user", text) for text in texts))

    counted = max(sum(tokens.count(text, known) for text in texts) for known in ("gpt-4o", "gpt-4"))
    own = sum(tokens.count(text, model) for text in texts) if model != "llama" else counted

    assert own + 4 * len(texts) + 3 <= most_prompt_tokens(asked)


def test_a_schema_counts_as_part_of_the_prompt():
    schema = {"type": "json_schema", "json_schema": {"schema": {"enum": ["x" * 5_000]}}}

    assert most_prompt_tokens(request(response_format=schema)) > 5_000


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_the_worst_reply_fills_the_limit_whatever_the_endpoint_calls_it(name):
    model = PricedModel(str)
    asked = request(**{name: 1_000})

    worst = worst_case(asked, model)

    assert worst.tokens == most_prompt_tokens(asked) + 1_000
    assert worst.usd == pytest.approx((most_prompt_tokens(asked) + 2_000) / 1e6)
    assert worst.requests == 1


def test_two_limits_of_a_reply_are_as_bad_as_the_larger_one():
    assert reply_cap(request(max_tokens=10, max_completion_tokens=20)) == 20


def test_a_reply_without_a_limit_has_no_worst_case_unless_it_is_free():
    assert worst_case(request(), PricedModel(str)) == Cost(None, None, 1)
    assert worst_case(request(), FreeModel(str)) == Cost(0.0, None, 1)


def test_an_unknown_price_is_no_price_of_zero():
    assert worst_case(request(max_tokens=1), FunctionModel(str)).usd is None


def test_a_reply_costs_what_the_endpoint_counted():
    assert paid(Completion("yes", usage=Usage(10, 2), cost=0.25), WORST) == Cost(0.25, 12, 1)


@pytest.mark.parametrize("usage", [Usage(), Usage(prompt=10), Usage(completion=2)])
def test_what_the_endpoint_did_not_count_is_taken_at_its_worst(usage):
    assert paid(Completion("yes", usage=usage), WORST) == WORST


@pytest.mark.parametrize(
    "error",
    [
        RateLimitError("429"),
        AuthenticationError("401"),
        QuotaError("429"),
        RunFatalError("404"),
        ServerError("503", overloaded=True),
    ],
)
def test_a_refused_attempt_costs_only_the_request(error):
    assert failed(error, WORST) == Cost(0.0, 0, 1)


@pytest.mark.parametrize("error", [ServerError("timeout"), RequestError("filter"), KeyboardInterrupt()])
def test_a_failure_that_may_have_been_charged_counts_at_its_worst(error):
    assert failed(error, WORST) == WORST
