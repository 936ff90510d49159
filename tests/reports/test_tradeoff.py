"""A score against what it takes, and who is beaten on both counts."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from promptsweep.reports.efficiency import pareto_set
from promptsweep.reports.tradeoff import cost_axis, costs_of, tradeoffs
from promptsweep.reports.usage import Usage
from promptsweep.stats import Interval


def scored(label, value):
    return SimpleNamespace(arm=label, metrics={"accuracy": Interval(value, value - 0.1, value + 0.1, 50)})


def at(value):
    return Interval(value, value, value, 50)


ARMS = [scored("a", 0.5), scored("b", 0.7), scored("c", 0.6), scored("d", 0.7)]
SPENT = {"a": at(1.0), "b": at(2.0), "c": at(3.0), "d": at(4.0)}


@pytest.mark.parametrize(("higher_is_better", "best"), [(True, {"a", "b"}), (False, {"a"}), (None, set())])
def test_the_arms_that_nothing_beats(higher_is_better, best):
    found = tradeoffs(ARMS, "accuracy", SPENT, higher_is_better)

    assert {point.arm for point in found if point.pareto} == best


def test_points_are_by_what_is_spent_and_arms_without_both_are_absent():
    found = tradeoffs([*ARMS, scored("e", 0.9)], "accuracy", SPENT, True)

    assert [point.arm for point in found] == ["a", "b", "c", "d"]
    assert tradeoffs(ARMS, "macro_f1", SPENT, True) == []


def test_equals_are_both_in_the_set():
    assert pareto_set([1.0, 1.0, 2.0], [0.5, 0.5, 0.5]) == [True, True, False]


def used(label, usd):
    return Usage(label, "m", "d", 10, usd, 0 if usd is not None else 1, 100.0, 20.0, 5.0, 1.0)


@pytest.mark.parametrize(
    ("usd", "axis", "spent"), [(0.002, "usd", 2.0), (None, "tokens", 120_000.0), (0.0, "tokens", 120_000.0)]
)
def test_costs_are_dollars_where_all_prices_are_known_and_not_all_nothing(usd, axis, spent):
    found = [used("a", usd)]

    assert cost_axis(found) == axis
    assert costs_of(found, axis)["a"].value == pytest.approx(spent)


def test_one_free_arm_among_paid_ones_costs_nothing():
    found = [used("a", 0.0), used("b", 0.001)]

    assert cost_axis(found) == "usd"
    assert costs_of(found, "usd")["a"].value == 0.0
