"""Estimates: calls, tokens, dollars and time of a plan, at most; nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from promptsweep import api
from promptsweep.errors import ConfigError
from promptsweep.models.limits import Limiter, Limits
from promptsweep.runners.budget import Allowance
from promptsweep.runners.estimate import estimate, least_seconds, seconds_at_limits
from promptsweep.testing import FunctionModel
from promptsweep.types import Usage
from workspaces import mood, write

UNDECLARED = """
from promptsweep.prompts import strategy

@strategy
async def own(sample, ask):
    return await ask("answer")
"""


@dataclass(eq=False)
class PricedModel(FunctionModel):
    """A dollar for a million prompt tokens, two for a million reply tokens."""

    def price(self, usage: Usage) -> float | None:
        return ((usage.prompt or 0) + 2 * (usage.completion or 0)) / 1e6


def plan(root, strategies="zero_shot", model=None, **keys):
    model = model or PricedModel(lambda request: "good", name="m")
    sweep = {"datasets": "mood", "models": "m", "strategies": strategies, **keys}
    return api.plan(sweep, mood(root), models={"m": model}), model


def estimates(root, strategies="zero_shot", **keys):
    planned, model = plan(root, strategies, **keys)
    found = api.enter(estimate(planned))
    assert model.calls == 0
    return found


def test_one_call_a_record_is_exact(tmp_path):
    [arm] = estimates(tmp_path, params={"max_tokens": 10}, repeats=2)

    assert (arm.records, arm.calls, arm.exact, arm.reply_cap) == (12, 12, True, 10)
    assert arm.vocabulary is None
    assert arm.tokens == 12 * (round(arm.prompt_tokens) + 10)
    assert arm.usd == pytest.approx(12 * (round(arm.prompt_tokens) + 20) / 1e6)


def test_further_calls_hold_the_first_prompt_and_a_reply(tmp_path):
    [arm] = estimates(tmp_path, [{"self_consistency": {"draws": 3}}], params={"max_tokens": 10})

    prompt = round(arm.prompt_tokens)
    assert (arm.calls, arm.exact) == (18, False)
    assert arm.tokens == 6 * ((prompt + 10) + 2 * (prompt + 20))


def test_what_has_no_limit_has_no_worst_case(tmp_path):
    [arm] = estimates(tmp_path)

    assert (arm.calls, arm.tokens, arm.usd) == (6, None, None)
    assert arm.least_tokens == pytest.approx(6 * arm.prompt_tokens)


def test_an_undeclared_number_of_calls_is_unknown(tmp_path):
    write(tmp_path, {"prompts/own/answer.j2": "{{ input }}", "prompts/own/strategy.py": UNDECLARED})

    [arm] = estimates(tmp_path, "own", params={"max_tokens": 10})

    assert (arm.records, arm.calls, arm.tokens) == (6, None, None)


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [
        (Limits(concurrency=4), 25),
        (Limits(concurrency=100), 1),
        (Limits(concurrency=100, requests_per_minute=60), 200),
        (Limits(concurrency=100, tokens_per_minute=6_000), 300),
        (Limits(concurrency=100, requests_per_minute=60, tokens_per_minute=6_000), 300),
    ],
)
def test_the_tightest_limit_sets_the_time(limits, seconds):
    assert least_seconds(calls=200, tokens=30_000, busy=100, allowed=limits) == seconds


def test_without_rates_nothing_is_known_of_the_time(tmp_path):
    assert seconds_at_limits(estimates(tmp_path)) == 0.0


def test_models_run_side_by_side_each_at_its_own_rates(tmp_path):
    slow, fast = (PricedModel(str, name=name) for name in ("slow", "fast"))
    slow.limiter = Limiter(Limits(requests_per_minute=6))
    fast.limiter = Limiter(Limits(requests_per_minute=60))
    sweep = {"datasets": "mood", "models": ["slow", "fast"], "strategies": ["zero_shot", "few_shot"]}
    planned = api.plan(sweep, mood(tmp_path), models={"slow": slow, "fast": fast})

    assert seconds_at_limits(api.enter(estimate(planned))) == 120


def test_a_budget_in_the_sweep_is_part_of_the_plan(tmp_path):
    planned, _ = plan(tmp_path, params={"max_tokens": 5}, budget={"usd": 2.5, "requests": 7})

    assert planned.budget == Allowance(usd=2.5, requests=7)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"budget": {"usd": 1}}, r"zero_shot \| m \| mood sets no max_tokens"),
        ({"budget": {"tokens": 1}}, "sets no max_tokens"),
        (
            {"budget": {"usd": 1}, "params": {"max_tokens": 5}, "model": FunctionModel(str, name="m")},
            r"the price of zero_shot \| m \| mood is unknown",
        ),
        ({"budget": {"euros": 1}}, "unknown key 'euros'. Known: requests, seconds, tokens, usd"),
        ({"budget": {"usd": -1}}, "budget.usd"),
        ({"budget": {"requests": 0}}, "budget.requests"),
    ],
)
def test_a_budget_that_cannot_be_kept_is_an_error_before_anything_is_sent(tmp_path, keys, message):
    with pytest.raises(ConfigError, match=message):
        plan(tmp_path, **keys)
