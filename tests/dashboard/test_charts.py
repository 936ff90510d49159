"""Short names of arms, and charts."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.dashboard import labels
from promptsweep.reports.charts.whiskers import Whisker, whiskers


@dataclass(frozen=True)
class Labelled:
    """What naming reads of an arm."""

    arm: str
    dataset: str


def test_a_short_name_leaves_out_what_all_arms_share():
    arms = [Labelled("zero_shot | a | mood", "mood"), Labelled("few_shot(k=2) | a | mood", "mood")]

    assert list(labels.of_arms(arms).values()) == ["zero_shot", "few_shot(k=2)"]


def test_a_short_name_keeps_what_tells_arms_apart():
    arms = [Labelled("zero_shot | a | mood", "mood"), Labelled("zero_shot | b | mood", "mood")]

    assert list(labels.of_arms(arms).values()) == ["zero_shot | a", "zero_shot | b"]


def test_short_names_of_several_datasets_name_the_dataset():
    arms = [Labelled("zero_shot | a | mood", "mood"), Labelled("zero_shot | a | odd", "odd")]

    assert list(labels.of_arms(arms).values()) == ["zero_shot | mood", "zero_shot | odd"]


@given(st.sets(st.lists(st.sampled_from("ab|"), min_size=1, max_size=4).map(" | ".join), min_size=1))
def test_short_names_are_unique(every):
    shown = labels.of_arms(Labelled(label, "d") for label in every)

    assert set(shown) == every
    assert len(set(shown.values())) == len(every)


def marks(chart):
    """The data of a chart's whiskers, as the browser gets it."""
    spec = json.loads(chart.to_json())
    name = next(layer["data"]["name"] for layer in spec["layer"] if layer["mark"]["type"] == "circle")
    return spec["datasets"][name]


def test_an_end_that_is_not_finite_is_not_drawn():
    row = Whisker("a", 0.5, -math.inf, 0.75, "0.50 [-inf, 0.75]")

    [datum] = marks(whiskers([row], "accuracy", zero=True))

    assert (datum["value"], datum["high"]) == (0.5, 0.75)
    assert "low" not in datum


@pytest.mark.parametrize(("high", "domain"), [(0.75, [0, 1]), (75.0, None)])
def test_shares_are_drawn_from_0_to_1(high, domain):
    spec = json.loads(whiskers([Whisker("a", 0.5, 0.25, high, "")], "m").to_json())

    assert spec["layer"][0]["encoding"]["x"]["scale"].get("domain") == domain


def layers(*rows):
    """The marks of a chart's layers, from back to front."""
    return [layer["mark"]["type"] for layer in json.loads(whiskers(rows, "m").to_json())["layer"]]


def test_a_group_is_marked_by_a_band_behind_its_marks():
    plain, shaded = Whisker("a", 0.5, 0.25, 0.75, ""), Whisker("b", 0.5, 0.25, 0.75, "", shaded=True)

    assert "rect" not in layers(plain)
    assert layers(plain, shaded)[0] == "rect"


def test_a_difference_that_is_not_shown_is_a_ring_and_no_layer_is_empty():
    sure, unsure = Whisker("a", 0.5, 0.25, 0.75, ""), Whisker("b", 0.5, 0.25, 0.75, "", strong=False)

    assert layers(sure) == ["bar", "circle"]
    assert layers(unsure) == ["bar", "point"]
    assert layers(sure, unsure) == ["bar", "circle", "point"]


def test_lines_keep_their_order_when_a_chart_is_drawn_again():
    rows = [Whisker(label, 0.5, 0.25, 0.75, "") for label in "cab"]

    spec = json.loads(whiskers(rows, "m").to_json())

    assert {tuple(layer["encoding"]["y"]["scale"]["domain"]) for layer in spec["layer"]} == {("c", "a", "b")}
