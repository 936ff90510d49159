"""Pilots: a few samples run for real, and what they say of the whole."""

from __future__ import annotations

import contextlib

import pytest

from promptsweep import api
from promptsweep.errors import RequestError
from promptsweep.reports import open_store
from promptsweep.reports.pilot import forecast, pilot_plan
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Usage
from workspaces import mood, rows

HUNDRED = {"datasets/mood.test.jsonl": rows([(f"Text {i}.", "good" if i % 2 else "bad") for i in range(100)])}


def answer(request):
    long = len(request.messages) > 2
    return Completion("good", usage=Usage(90 if long else 40, 10), cost=0.25, seconds=2.0)


def piloted(root, size, function=answer, **keys):
    workspace = mood(root, **HUNDRED)
    model = FunctionModel(function, name="m", concurrency=4)
    sweep = {"datasets": "mood", "models": "m", "strategies": ["zero_shot", {"few_shot": {"k": 2}}], **keys}
    planned = api.plan(sweep, workspace, models={"m": model})
    with contextlib.closing(open_store(workspace)) as store:
        result = api.execute(pilot_plan(planned, size), store)
        found = forecast(store, result.run.id, planned)
        asked = model.calls
        api.execute(planned, store)
    return found, asked, model.calls


def test_a_pilot_asks_for_some_samples_of_each_arm_and_the_run_for_the_others(tmp_path):
    _, in_pilot, in_all = piloted(tmp_path, 5)

    assert (in_pilot, in_all) == (10, 200)


def test_a_pilot_does_not_pass_for_the_whole_split(tmp_path):
    workspace, models = mood(tmp_path, **HUNDRED), {"m": FunctionModel(answer, name="m")}
    sweep = {"datasets": "mood", "models": "m", "strategies": "zero_shot"}
    with contextlib.closing(open_store(workspace)) as store:
        api.execute(pilot_plan(api.plan(sweep, workspace, models=models), 5), store)

        assert api.plan(sweep, workspace, models=models, store=store).total == 100


@pytest.mark.parametrize("keys", [{"limit": 20}, {"limit": 7, "seed": 3}])
def test_the_samples_of_a_pilot_are_among_those_of_a_limited_run(tmp_path, keys):
    _, in_pilot, in_all = piloted(tmp_path, 4, **keys)

    assert (in_pilot, in_all) == (8, 2 * keys["limit"])


def test_equal_costs_are_extrapolated_without_doubt(tmp_path):
    found, _, _ = piloted(tmp_path, 5, repeats=2)

    zero_shot, few_shot = found.arms
    assert (zero_shot.calls.value, zero_shot.tokens.value) == (200, 200 * 50)
    assert (few_shot.tokens.low, few_shot.tokens.value, few_shot.tokens.high) == (20_000,) * 3
    assert found.usd.value == pytest.approx(100)
    assert found.seconds.value == pytest.approx(400 * 2.0 / 4)


def test_what_varies_has_an_interval(tmp_path):
    def varying(request):
        length = int(request.messages[-1].content.strip("Text .")) % 10
        return Completion("good", usage=Usage(40, length), cost=length / 100, seconds=1.0)

    found, _, _ = piloted(tmp_path, 20, varying)

    arm = found.arms[0]
    assert arm.tokens.low < arm.tokens.value < arm.tokens.high
    assert arm.usd.low < 4.5 < arm.usd.high
    assert (arm.calls.low, arm.calls.high) == (100, 100)


def test_failed_records_are_left_out(tmp_path):
    def failing(request):
        if len(request.messages) == 2:
            raise RequestError("400")
        return answer(request)

    found, _, _ = piloted(tmp_path, 3, failing)

    assert [(arm.piloted, arm.failed) for arm in found.arms] == [(0, 3), (3, 0)]


def test_an_unknown_price_stays_unknown(tmp_path):
    found, _, _ = piloted(tmp_path, 2, lambda request: "good")

    assert found.usd is None
    assert all(arm.usd is None for arm in found.arms)
