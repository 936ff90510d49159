"""Pilots: a few samples run for real, and what they say of the whole."""

from __future__ import annotations

import contextlib
import math

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


def judged_pilot(root, candidate=answer, judge=None, concurrency=64, **keys):
    """A pilot of 5 samples of an arm with a judge of 100 + 5 tokens and half a dollar a verdict."""
    replying = judge or (lambda request: "Score: 4")
    workspace = mood(root, **HUNDRED)
    models = {
        "m": FunctionModel(candidate, name="m"),
        "j": FunctionModel(
            lambda request: Completion(replying(request), usage=Usage(100, 5), cost=0.5, seconds=3.0),
            name="arbiter",
            concurrency=concurrency,
        ),
    }
    metrics = ["accuracy", {"judge": {"model": "j", "rubric": "style"}}]
    sweep = {"datasets": "mood", "models": "m", "strategies": "zero_shot", "metrics": metrics, **keys}
    planned = api.plan(sweep, workspace, models=models)
    with contextlib.closing(open_store(workspace)) as store:
        result = api.execute(pilot_plan(planned, 5), store)
        return forecast(store, result.run.id, planned)


def ends(interval):
    return interval.low, interval.value, interval.high


def test_what_a_judge_takes_is_told_apart_and_in_the_sums(tmp_path):
    found = judged_pilot(tmp_path, repeats=2)

    [arm], [judge] = found.arms, found.judges
    assert (arm.calls.value, arm.tokens.value, arm.usd.value) == (200, 200 * 50, pytest.approx(50))
    assert (judge.model, ends(judge.calls), ends(judge.tokens)) == ("j", (200,) * 3, (200 * 105,) * 3)
    assert ends(judge.usd) == pytest.approx((100,) * 3)
    assert (found.calls.value, found.tokens.value) == (400, 200 * 155)
    assert found.usd.value == pytest.approx(150)


def test_a_judge_who_is_asked_twice_of_some_has_an_interval(tmp_path):
    def judge(request):
        again = len(request.messages) == 4
        return (
            "Score: 2"
            if again or int(request.messages[1].content.split("Text ")[1][:2].strip(".")) % 2
            else "?"
        )

    [found] = judged_pilot(tmp_path, judge=judge).judges

    assert found.calls.low < found.calls.value < found.calls.high
    assert found.usd.low < found.usd.value < found.usd.high


def test_answers_whose_judge_failed_tell_nothing_of_it(tmp_path):
    def judge(request):
        raise RequestError("400")

    found = judged_pilot(tmp_path, judge=judge)

    assert (found.arms[0].piloted, found.arms[0].calls.value) == (5, 100)
    assert math.isnan(found.judges[0].calls.value)


def test_a_slow_judge_sets_the_time(tmp_path):
    found = judged_pilot(tmp_path, concurrency=2)

    assert found.seconds.value == pytest.approx(100 * 3.0 / 2)


def test_a_judge_of_unknown_price_leaves_the_arm_its_own(tmp_path):
    workspace = mood(tmp_path, **HUNDRED)
    models = {"m": FunctionModel(answer, name="m"), "j": FunctionModel(lambda request: "Score: 4", name="j")}
    sweep = {"datasets": "mood", "models": "m", "strategies": "zero_shot"}
    metrics = ["accuracy", {"judge": {"model": "j", "rubric": "style"}}]
    planned = api.plan({**sweep, "metrics": metrics}, workspace, models=models)
    with contextlib.closing(open_store(workspace)) as store:
        found = forecast(store, api.execute(pilot_plan(planned, 2), store).run.id, planned)

    assert (found.usd, found.judges[0].usd) == (None, None)
    assert found.arms[0].usd.value == pytest.approx(25)
