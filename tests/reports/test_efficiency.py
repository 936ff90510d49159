"""What a score costs."""

from __future__ import annotations

import json

import pytest

from promptsweep.errors import ConfigError, NotComparableError
from promptsweep.reports.efficiency import efficiency, efficiency_json
from promptsweep.types import Completion, Usage
from reports.conftest import reply

THREE = ["zero_shot", {"few_shot": {"k": 2}}, {"self_consistency": {"draws": 3}}]
ZERO, FEW, VOTES = (
    f"{name} | m | lines" for name in ("zero_shot", "few_shot(k=2)", "self_consistency(draws=3)")
)


def priced(per_call, per_token=0.0):
    """Zero-shot: `good`. With examples: right but for every tenth line. A call costs so much."""

    def answer(request):
        question = request.messages[-1].content
        shots = any(message.role == "assistant" for message in request.messages)
        right = "good" if "sunny" in question else "bad"
        text = (
            right
            if shots and " is" in question and not question.startswith(("Line 2", "Line 4 "))
            else "good"
        )
        tokens = 30 if shots else 10
        cost = None if per_call is None else per_call + per_token * tokens
        return Completion(text, usage=Usage(tokens - 2, 2), seconds=0.1, cost=cost)

    return answer


def table(house, cost, per_token=0.0, **options):
    house.run("paid", priced(cost, per_token), fresh=True, datasets="lines", strategies=THREE)
    [found] = efficiency(house.store, "paid", **options)
    return found, {arm.arm: arm for arm in found.arms}


def test_points_for_a_dollar_and_for_tokens(own_house):
    found, arms = table(own_house, 0.0, per_token=0.0001)

    zero, votes = arms[ZERO], arms[VOTES]
    assert (found.axis, found.n, found.why) == ("usd", 30, "")
    assert (zero.score, zero.usd, zero.tokens) == (0.5, pytest.approx(0.001), 10)
    assert zero.per_dollar == pytest.approx(500)
    assert zero.per_thousand_tokens == pytest.approx(50)
    assert (votes.usd, votes.tokens) == (pytest.approx(0.003), 30)
    assert votes.per_dollar == pytest.approx(0.5 / 0.003)


def test_the_pareto_set_and_the_best_for_no_more_money(own_house):
    found, arms = table(own_house, 0.0, per_token=0.0001)

    assert [arm.arm for arm in found.arms] == [ZERO, FEW, VOTES]
    assert [arm.pareto for arm in found.arms] == [True, True, False]
    assert arms[ZERO].at_cost is None
    assert arms[FEW].at_cost.rival == ZERO
    assert arms[VOTES].at_cost.rival == FEW
    assert arms[VOTES].at_cost.paired.difference == pytest.approx(0.5 - arms[FEW].score)
    assert (arms[FEW].at_cost.verdict, arms[VOTES].at_cost.verdict) == ("better", "worse")


def test_p_is_adjusted_over_the_arms_that_have_a_rival(own_house):
    _, arms = table(own_house, 0.0, per_token=0.0001)

    one, other = sorted((arms[FEW].at_cost, arms[VOTES].at_cost), key=lambda found: found.paired.p)
    assert one.p_adjusted == pytest.approx(2 * one.paired.p)
    assert other.p_adjusted == max(one.p_adjusted, other.paired.p)


@pytest.mark.parametrize(
    ("cost", "why"),
    [(None, "a price is unknown, so cost is counted in tokens"), (0.0, "every call is free, so cost is")],
)
def test_without_money_tokens_are_the_cost(own_house, cost, why):
    found, arms = table(own_house, cost)

    assert found.axis == "tokens"
    assert found.why.startswith(why)
    assert [arm.per_dollar for arm in found.arms] == [None] * 3
    assert arms[ZERO].pareto
    assert arms[ZERO].usd == cost


def test_only_samples_that_all_arms_have_scores_for_count(house):
    lines, facts = efficiency(house.store, "plain")

    assert (lines.n, facts.n) == (29, 3)
    assert {arm.arm: arm.usd for arm in facts.arms} == {
        "zero_shot | m | facts": pytest.approx(0.001),
        "self_consistency(draws=2) | m | facts": pytest.approx(0.002),
    }


def test_equal_scores_at_equal_cost_are_both_in_the_pareto_set(own_house):
    own_house.run("same", reply, datasets="lines", strategies="zero_shot", params={"temperature": [0, 1]})

    [found] = efficiency(own_house.store, "same")

    assert [arm.pareto for arm in found.arms] == [True, True]
    assert [arm.at_cost.verdict for arm in found.arms] == ["no difference shown"] * 2


def test_repeats_are_averaged_within_a_sample(house):
    lines, _ = efficiency(house.store, "twice")

    zero = next(arm for arm in lines.arms if arm.arm == ZERO)
    assert (zero.score, zero.usd) == (0.5, pytest.approx(0.001))


def test_where_lower_is_better_the_pareto_set_turns_and_points_are_not_sold(own_house):
    own_house.workspace.root.joinpath("mine.py").write_text(
        "from promptsweep.metrics import metric\n\n\n"
        "@metric(lower_is_better=True)\n"
        "def miss(answer, sample):\n    return float(answer not in sample.targets)\n"
    )
    sweep = {"datasets": "lines", "strategies": THREE, "metrics": ["mine.py:miss"]}
    own_house.run("lossy", priced(0.0, 0.0001), fresh=True, **sweep)

    [found] = efficiency(own_house.store, "lossy")

    assert [arm.pareto for arm in found.arms] == [True, True, False]
    assert {arm.per_dollar for arm in found.arms} == {None}
    assert found.arms[1].at_cost.verdict == "better"
    assert found.arms[1].at_cost.paired.difference < 0


def test_what_costs_nothing_to_ask(own_house, house):
    with pytest.raises(ConfigError, match="words is neither good nor bad"):
        efficiency(house.store, "plain", "words")
    with pytest.raises(ConfigError, match="macro_f1 is computed over all answers together"):
        efficiency(house.store, "plain", "macro_f1")
    own_house.run("alone", datasets="lines", strategies="zero_shot")
    with pytest.raises(NotComparableError, match="no two arms scored on the same samples"):
        efficiency(own_house.store, "alone")


def test_the_json_form_is_a_row_an_arm(house):
    found = efficiency_json(efficiency(house.store, "plain"))

    assert [row["rival"] for row in found if row["dataset"] == "facts"] == [None, "zero_shot | m | facts"]
    assert all(row.keys() == found[0].keys() for row in found)
    json.dumps(found, allow_nan=False)
