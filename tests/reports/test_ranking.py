"""Which arms are shown, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.reports import ArmSummary
from promptsweep.reports.ranking import Wanted, ordered, telling_settings
from promptsweep.stats import Interval


def arm(label, model="m", dataset="d", system=None, accuracy=None, cost=None, tokens=10, p50=1.0, **params):
    """An arm of the strategy that its label begins with."""
    return ArmSummary(
        arm=label,
        strategy=label.partition("(")[0],
        model=model,
        dataset=dataset,
        split="test",
        system=system,
        params=params,
        samples=10,
        scored=10,
        outcomes={},
        metrics={} if accuracy is None else {"accuracy": Interval(accuracy, 0.0, 1.0, 10)},
        tokens={"prompt": tokens, "completion": 0},
        cost_usd=cost,
        seconds=None,
        p50_seconds=p50,
        p95_seconds=None,
        requests=10,
        cached=0,
    )


ARMS = [
    arm("zero_shot", accuracy=0.5, cost=0.01, temperature=0),
    arm("few_shot(k=4)", accuracy=0.9, cost=None, tokens=30, k=4, temperature=0),
    arm(
        "few_shot(k=10)", model="n", accuracy=0.7, cost=0.03, tokens=50, k=10, temperature=0, system="expert"
    ),
    arm("few_shot(k=2)", dataset="e", k=2, temperature=0),
]


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (Wanted(), [0, 1, 2, 3]),
        (Wanted(strategy=["few_shot"]), [1, 2, 3]),
        (Wanted(model=["n"], strategy=["few_shot"]), [2]),
        (Wanted(dataset=["d", "e"]), [0, 1, 2, 3]),
        (Wanted(dataset=["e"], model=["n"]), []),
        (Wanted(setting=["k=4", "k=10"]), [1, 2]),  # either value of one parameter
        (Wanted(setting=["k=10", "system=expert"]), [2]),  # both of two parameters
        (Wanted(setting=["k=4", "system=expert"]), []),
    ],
)
def test_an_arm_is_shown_when_it_has_all_that_is_demanded(wanted, places):
    assert [ARMS.index(one) for one in ARMS if wanted.fits(one)] == places


def test_settings_that_tell_arms_apart_come_by_parameter_and_size():
    assert telling_settings(ARMS) == ["k=2", "k=4", "k=10", "system=expert"]
    assert telling_settings(ARMS[:1]) == telling_settings([]) == []


@pytest.mark.parametrize(
    ("by", "better", "places"),
    [
        ("accuracy", True, [1, 2, 0, 3]),
        ("accuracy", False, [0, 2, 1, 3]),
        ("accuracy", None, [1, 2, 0, 3]),
        ("cost", None, [0, 2, 1, 3]),  # unknown prices last, in the order they had
        ("tokens", None, [0, 3, 1, 2]),
        ("p50", None, [0, 1, 2, 3]),
    ],
)
def test_the_best_comes_first_and_what_has_no_value_last(by, better, places):
    assert [ARMS.index(one) for one in ordered(ARMS, by, better)] == places


def test_a_metric_that_is_called_like_a_cost_is_the_metric():
    named = [
        replace(one, metrics={"tokens": Interval(value, 0.0, 1.0, 10)})
        for one, value in zip(ARMS[:2], (0.2, 0.4), strict=True)
    ]

    assert ordered(named, "tokens", higher_is_better=True) == named[::-1]


@given(st.permutations(ARMS), st.sampled_from(["accuracy", "cost", "tokens", "p50", "p95"]))
def test_ordering_loses_no_arm(arms, by):
    assert sorted(one.arm for one in ordered(arms, by)) == sorted(one.arm for one in ARMS)
