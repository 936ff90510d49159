"""Charts of anatomies and classes: what the browser gets."""

from __future__ import annotations

import json
import math

import pytest

from promptsweep.reports.charts.bars import Bar, lying, standing
from promptsweep.reports.charts.curves import Point, curve
from promptsweep.reports.charts.heatmaps import MOST_WRITTEN, PICK, Cell, heatmap
from promptsweep.reports.charts.reliability import Belief, diagram
from promptsweep.reports.charts.shots import Shot, by_examples
from promptsweep.reports.charts.timelines import Span, timeline


def spec(chart):
    return json.loads(chart.to_json())


def data(chart, layer=0):
    found = spec(chart)
    own = found["layer"][layer].get("data") or found["data"]
    return found["datasets"][own["name"]] if "name" in own else own["values"]


def marks(chart):
    return [layer["mark"]["type"] for layer in spec(chart)["layer"]]


def test_a_cell_of_a_heat_map_can_be_picked_by_row_and_column():
    chart = heatmap([Cell("a", "b", 2, 0.5, "2 · 50%")], "answer", "target", "records")

    [param] = spec(chart)["params"]
    assert (param["name"], param["select"]["fields"]) == (PICK, ["row", "column"])
    assert data(chart) == [{"row": "a", "column": "b", "value": 2, "share": 0.5, "text": "2 · 50%"}]


@pytest.mark.parametrize(
    ("columns", "kinds"), [(MOST_WRITTEN, ["rect", "text"]), (MOST_WRITTEN + 1, ["rect"])]
)
def test_many_columns_have_their_numbers_in_the_tooltip_alone(columns, kinds):
    cells = [Cell("a", str(column), 0, 0.0, "0") for column in range(columns)]

    assert marks(heatmap(cells, "answer", "target", "records")) == kinds


def test_an_interval_without_ends_has_no_whisker():
    one, other = data(
        curve([Point(1, 3.0, 0.0, math.inf, "3"), Point(2, 3.0, 2.0, 4.0, "3")], "step", "words")
    )

    assert "low" not in one
    assert (other["low"], other["high"]) == (2.0, 4.0)


@pytest.mark.parametrize(
    ("high", "domain"), [(0.9, [0, 1]), (0.1, None), (9.0, None)], ids=["shares", "small shares", "counts"]
)
def test_shares_are_drawn_from_0_to_1_unless_all_are_small(high, domain):
    chart = curve([Point(1, 0.05, 0.0, high, "")], "step", "share")

    assert spec(chart)["layer"][0]["encoding"]["y"]["scale"].get("domain") == domain


def test_seeds_are_ticks_where_there_are_several():
    alone = Shot(2, "first", 0.5, 0.4, 0.6, "", (0.5,))
    several = Shot(4, "first", 0.5, 0.4, 0.6, "", (0.4, 0.6))

    assert "tick" not in marks(by_examples([alone], "k", "accuracy", "seed"))
    assert "tick" in marks(by_examples([alone, several], "k", "accuracy", "seed"))


def test_groups_of_bars_stand_side_by_side_with_a_legend():
    one, two = Bar("0–9", 0.5, "1", "right"), Bar("0–9", 0.5, "1", "wrong")

    assert "color" not in spec(standing([one], "words", "share"))["layer"][0]["encoding"]
    assert "xOffset" in spec(standing([one, two], "words", "share"))["layer"][0]["encoding"]


def test_the_other_charts_keep_order_and_values():
    rows = [Bar("b", 2.0, "2 s"), Bar("a", 1.0, "1 s")]
    assert [row["label"] for row in data(lying(rows, "seconds"))] == ["b", "a"]
    spans = [Span("1 · skeleton", "skeleton", 0.0, 1.0, "1 s"), Span("2 · expand", "expand", 1.0, 3.0, "2 s")]
    assert [row["ended"] for row in data(timeline(spans, "seconds", "call"))] == [1.0, 3.0]
    dots = data(diagram([Belief(0.6, 0.7, 0.5, 0.9, 12, "")], "share", "accuracy", "records"), 2)
    assert (dots[0]["confidence"], dots[0]["count"]) == (0.6, 12)
