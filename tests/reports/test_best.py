"""The best arm of a run, honestly."""

from __future__ import annotations

import hashlib
import json

import pytest

from promptsweep.errors import ConfigError
from promptsweep.reports.best import best_arms, best_json
from promptsweep.types import Completion

FEW = "few_shot(k=2) | m | lines"


def chance(share):
    """Right for about this share of the lines, another draw for each temperature."""

    def answer(request):
        text = f"{request.messages[-1].content}{dict(request.params)}"
        lucky = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 16**8 < share
        sunny = "sunny" in text
        return Completion("good" if sunny == lucky else "bad")

    return answer


def test_a_clear_winner_stands_alone_on_the_samples_that_all_share(house):
    lines, facts = best_arms(house.store, "plain")

    assert (lines.arm, lines.arms, lines.n, lines.equals) == (FEW, 2, 29, ())
    assert lines.observed == pytest.approx(28 / 29)
    assert lines.corrected == pytest.approx(28 / 29, abs=0.01)
    assert lines.low < lines.corrected <= lines.high <= 1
    assert (facts.arm, facts.n) == ("zero_shot | m | facts", 3)


def test_the_best_of_equal_arms_is_corrected_and_its_equals_are_named(own_house):
    own_house.run(
        "alike",
        chance(0.7),
        datasets="lines",
        strategies="zero_shot",
        params={"temperature": [place / 10 for place in range(8)]},
    )

    [best] = best_arms(own_house.store, "alike")

    assert best.corrected < best.observed
    assert len(best.equals) >= 4
    assert best.arm not in best.equals


def test_where_lower_is_better_the_lowest_is_best(own_house):
    own_house.workspace.root.joinpath("mine.py").write_text(
        "from promptsweep.metrics import metric\n\n\n"
        "@metric(lower_is_better=True)\n"
        "def miss(answer, sample):\n    return float(answer not in sample.targets)\n"
    )
    sweep = {"datasets": "lines", "strategies": ["zero_shot", {"few_shot": {"k": 2}}]}
    own_house.run("lossy", metrics=["mine.py:miss"], **sweep)

    [best] = best_arms(own_house.store, "lossy")

    assert best.arm == FEW
    assert best.observed == pytest.approx(1 / 29)
    assert 0 <= best.low <= best.corrected <= best.high <= 1


def test_a_metric_without_better_or_worse_has_no_best_and_an_aggregate_is_an_error(house):
    assert best_arms(house.store, "plain", "words") == []
    with pytest.raises(ConfigError, match="macro_f1 is computed over all answers together"):
        best_arms(house.store, "plain", "macro_f1")


def test_the_best_of_some_arms_is_picked_among_them_alone(own_house):
    sweep = {"datasets": "lines", "strategies": ["zero_shot", {"few_shot": {"k": [1, 2]}}]}
    own_house.run("three", **sweep)
    labels = [arm.label for arm in own_house.store.arms(own_house.store.find_run("three").id)]

    [best] = best_arms(own_house.store, "three", among=labels[:2])

    assert (best.arm, best.arms) == (labels[1], 2)
    assert best_arms(own_house.store, "three", among=labels[:1]) == []


def test_one_arm_is_not_the_best_of_anything(own_house):
    own_house.run("alone", datasets="lines", strategies="zero_shot")

    assert best_arms(own_house.store, "alone") == []


def test_the_json_form_has_no_infinity(house):
    [row, _] = best_json(best_arms(house.store, "plain"))

    assert (row["arm"], row["equals"]) == (FEW, [])
    json.dumps(row, allow_nan=False)
