"""What answers take: tokens, calls, money and seconds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from promptsweep.errors import RequestError
from promptsweep.reports.efficiency import efficiency
from promptsweep.reports.rescore import rescore
from promptsweep.reports.usage import usages
from promptsweep.reports.waiting import SHARES, waitings
from promptsweep.stats import quantile_interval
from promptsweep.types import Completion, Usage

OWN = {"datasets": "lines", "params": {"temperature": 0.5}}
"""No other run of the store asked at this temperature."""
BOTH = OWN | {"strategies": ["zero_shot", {"self_consistency": {"draws": 3}}]}
ZERO = OWN | {"strategies": "zero_shot"}


def thinking(request):
    """Ten tokens sent, six back of which four are reasoning, half a second; the second line fails."""
    question = request.messages[-1].content
    if question.startswith("Line 1 "):
        raise RequestError("400: refused")
    place = int(question.split()[1])
    return Completion("good", usage=Usage(10, 6, None, 4), seconds=0.5 + place / 100, cost=0.002)


def test_means_are_of_answers_and_count_every_call(own_house):
    own_house.run("thought", thinking, **BOTH)

    zero, votes = usages(own_house.store, "thought")

    assert (zero.answers, zero.unpriced, zero.model, zero.dataset) == (29, 0, "m", "lines")
    assert (zero.prompt, zero.completion, zero.reasoning, zero.calls) == (10, 6, 4, 1)
    assert zero.usd == pytest.approx(0.002)
    assert (votes.prompt, votes.completion, votes.reasoning, votes.calls) == (30, 18, 12, 3)
    assert votes.tokens == 48


def test_replies_from_the_store_cost_what_they_did_and_a_run_scored_anew_too(own_house):
    run = own_house.run("thought", thinking, **BOTH)
    again = own_house.run("again", thinking, **BOTH)
    row = own_house.store.find_run(run)
    copy = rescore(own_house.store, row, own_house.workspace, ["accuracy"])

    assert usages(own_house.store, again) == usages(own_house.store, copy) == usages(own_house.store, run)


def test_a_price_that_is_unknown_is_not_guessed(own_house):
    def half_priced(request):
        first = request.messages[-1].content.startswith("Line 0 ")
        return Completion("good", usage=Usage(10, 2), seconds=0.1, cost=None if first else 0.001)

    own_house.run("unknown", half_priced, **ZERO)

    [one] = usages(own_house.store, "unknown")
    assert (one.usd, one.unpriced, one.answers) == (None, 1, 30)


def test_means_agree_with_the_efficiency_of_complete_runs(house):
    of_facts = {one.arm: one.usd for one in usages(house.store, "twice") if one.dataset == "facts"}

    tables = efficiency(house.store, "twice", "squad_em")

    assert {arm.arm: arm.usd for table in tables for arm in table.arms} == pytest.approx(of_facts)


def test_quantiles_of_waiting_are_those_of_all_values(own_house):
    own_house.run("thought", thinking, **BOTH)
    seconds = [0.5 + place / 100 for place in range(30) if place != 1]

    zero, _ = waitings(own_house.store, "thought")

    found = (zero.p05, zero.p25, zero.p50, zero.p75, zero.p95)
    assert zero.n == 29
    for one, share in zip(found, SHARES, strict=True):
        expected = quantile_interval(np.array(seconds), share)
        assert (one.value, one.n) == (pytest.approx(expected.value), 29)
        assert one.low == pytest.approx(expected.low)
        assert one.high == pytest.approx(expected.high)
    assert math.isinf(zero.p95.high)


def test_an_arm_without_an_answer_has_no_figures(own_house):
    def failing(request):
        raise RequestError("400: refused")

    own_house.run("failed", failing, **ZERO, limit=2)

    assert usages(own_house.store, "failed") == []
    assert waitings(own_house.store, "failed") == []
