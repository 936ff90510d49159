"""Charts of costs, times and trends: what the browser gets."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsweep.reports.charts import calendar, lines, tradeoff
from promptsweep.reports.charts.boxes import Box, boxes
from promptsweep.reports.charts.stacks import Part, stacks

TITLES = tradeoff.Titles("US$", "accuracy", "arm")
WORDS = lines.Words("accuracy", "arm", "run", "time", "commit", "worse")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def spot(label, x, y, best=True, x_high=math.nan):
    return tradeoff.Spot(label, x, x, x_high, y, max(0, y - 0.1), min(1, y + 0.1), f"${x}", f"{y}", best)


def spec_of(chart):
    return json.loads(chart.to_json())


def data_of(spec, mark):
    """The rows of the layers with a kind of mark."""
    layers = [layer for layer in spec["layer"] if layer["mark"]["type"] == mark]
    return [row for layer in layers for row in spec["datasets"][layer["data"]["name"]]]


def test_the_line_joins_the_best_points_from_the_cheapest_on():
    spec = spec_of(
        tradeoff.tradeoff([spot("c", 3, 0.9), spot("a", 1, 0.5), spot("b", 2, 0.4, False)], TITLES)
    )

    assert [(row["x"], row["y"]) for row in data_of(spec, "line")] == [(1, 0.5), (3, 0.9)]
    assert {row["label"] for row in data_of(spec, "text")} == {"a", "b", "c"}


def test_an_end_that_is_not_finite_has_no_whisker():
    spec = spec_of(tradeoff.tradeoff([spot("a", 1, 0.5, x_high=math.inf)], TITLES))

    assert all("x_high" not in row for row in data_of(spec, "rule"))
    assert "Infinity" not in json.dumps(spec)


@pytest.mark.parametrize(
    ("costs", "kind"), [([1, 19], "linear"), ([1, 20], "log"), ([0, 100], "linear"), ([1, 1], "linear")]
)
def test_costs_far_apart_are_on_a_logarithmic_scale(costs, kind):
    spec = spec_of(tradeoff.tradeoff([spot(str(x), x, 0.5) for x in costs], TITLES))

    [scale] = [layer["encoding"]["x"]["scale"] for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    low, high = scale["domain"]
    assert scale["type"] == kind
    assert low < min(costs) or low == 0
    assert high > max(costs)


COSTS = st.just(0.0) | st.floats(1e-9, 1e6)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(COSTS, st.floats(0, 1), st.text(min_size=1, max_size=30)), min_size=1, max_size=20))
def test_every_arm_has_its_name(points):
    spec = spec_of(tradeoff.tradeoff([spot(label, x, y) for x, y, label in points], TITLES))

    assert sorted(row["label"] for row in data_of(spec, "text")) == sorted(label for _, _, label in points)


def test_names_of_equal_points_do_not_cover_each_other():
    spec = spec_of(tradeoff.tradeoff([spot(name * 9, 1, 0.5) for name in "abcd"], TITLES))

    sides = [layer["data"]["name"] for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    for side in sides:
        heights = [row["at"] for row in spec["datasets"][side]]
        assert len(set(heights)) == len(heights)


def test_parts_are_stacked_in_the_order_in_which_they_come():
    parts = [Part("a", "prompt", 10, "10"), Part("a", "reply", 2, "2"), Part("b", "prompt", 5, "5")]

    spec = spec_of(stacks(parts, "tokens", arm="arm"))

    assert spec["encoding"]["color"]["sort"] == ["prompt", "reply"]
    [rows] = spec["datasets"].values()
    assert [row["place"] for row in rows] == [0, 1, 0]


def test_a_box_has_its_five_quantiles():
    spec = spec_of(boxes([Box("a", 1, 2, 3, 4, 5, "3", "5")], "seconds", arm="arm", median="m", most="x"))

    assert [layer["encoding"]["x"]["field"] for layer in spec["layer"]] == ["p05", "p25", "p50"]


@pytest.mark.parametrize(("days", "unit"), [(100, "utcyearmonthdate"), (101, "utcyearmonth")])
def test_a_long_time_is_told_by_month_and_what_is_saved_lies_below(days, unit):
    first = date(2026, 1, 1)
    amounts = [
        calendar.Amount(day, "m", 2.0, 1.0, "$2", "$1") for day in (first, first + timedelta(days=days))
    ]

    spec = spec_of(calendar.calendar(amounts, calendar.Words("US$", "day", "model", "paid", "saved")))

    assert spec["layer"][0]["encoding"]["x"]["timeUnit"] == unit
    assert {row["saved"] for row in data_of(spec, "bar")} == {-1.0}


def moment(run, value, wrong=None, selected=False, label="a", day=0):
    when = NOON + timedelta(days=day)
    return lines.Moment(run, when, label, value, value - 0.1, math.inf, "", None, wrong, selected)


def test_a_ring_marks_what_is_worse_and_a_band_the_chosen_run():
    found = [moment("1", 0.8), moment("2", 0.4, wrong="worse than run 1", selected=True, day=1)]

    spec = spec_of(lines.lines(found, [], WORDS))

    rings = [layer for layer in spec["layer"] if layer["mark"].get("shape") == "circle"]
    assert [row["run"] for row in spec["datasets"][rings[0]["data"]["name"]]] == ["2"]
    assert {"when": found[1].when.isoformat()} in data_of(spec, "rule")
    assert "Infinity" not in json.dumps(spec)


def test_without_anything_worse_there_is_no_ring_and_one_arm_needs_no_legend():
    spec = spec_of(lines.lines([moment("1", 0.8), moment("2", 0.9, day=1)], [], WORDS))

    assert all(layer["mark"].get("shape") != "circle" for layer in spec["layer"])
    [point] = [layer for layer in spec["layer"] if layer["mark"]["type"] == "point"]
    assert point["encoding"]["color"]["legend"] is None


def test_thresholds_and_baselines_are_within_the_chart():
    levels = [lines.Level(0.2, "≥ 0.2", None), lines.Level(0.95, "baseline: 0.95", "a")]

    spec = spec_of(lines.lines([moment("1", 0.8)], levels, WORDS))

    [line] = [layer for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    low, high = line["encoding"]["y"]["scale"]["domain"]
    assert low < 0.2
    assert 0.95 < high <= 1.02
    assert [row["text"] for row in data_of(spec, "text")] == ["≥ 0.2"]


def test_a_single_run_has_time_on_both_sides():
    spec = spec_of(lines.lines([moment("1", 0.8)], [], WORDS))

    hidden = [layer for layer in spec["layer"] if layer["mark"].get("opacity") == 0]
    ends = [row["when"] for row in spec["datasets"][hidden[0]["data"]["name"]]]
    assert ends == ["2026-03-01T00:00:00+00:00", "2026-03-02T00:00:00+00:00"]
