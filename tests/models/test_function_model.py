"""The double that promptsweep ships for tests."""

from __future__ import annotations

import asyncio

import pytest

from promptsweep.errors import RateLimitError
from promptsweep.models import Model
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Message, Request, Usage


def test_it_answers_with_a_text_or_a_whole_completion(ask):
    whole = Completion("b", finish="length", usage=Usage(prompt=1, completion=1))

    assert ask(FunctionModel(lambda request: request.messages[-1].content.upper()), "hi").text == "HI"
    assert ask(FunctionModel(lambda request: whole)) is whole


def test_the_function_may_be_asynchronous_and_may_fail(ask):
    async def slowly(request: Request) -> str:
        await asyncio.sleep(0)
        raise RateLimitError("later")

    with pytest.raises(RateLimitError, match="later"):
        ask(FunctionModel(slowly))


def test_it_counts_calls_and_keeps_requests_and_the_peak_in_flight(ask):
    model: Model = FunctionModel(lambda request: "x", latency=0.01)

    ask(model, "a", "b", "c")

    assert model.calls == 3
    assert model.peak_in_flight == 3
    assert [request.messages for request in model.requests] == [(Message("user", name),) for name in "abc"]


def test_its_name_is_its_identity():
    one, other = FunctionModel(lambda _: "x", name="one"), FunctionModel(lambda _: "x", name="other")

    assert one.digest == FunctionModel(lambda _: "y", name="one").digest
    assert one.digest != other.digest
