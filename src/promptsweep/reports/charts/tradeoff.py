"""Scores against costs: a labelled point for each arm, and the line of those that nothing beats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import altair as alt

HEIGHT = 400
COLOR = alt.Color("theme:N", legend=None)
"""The theme's first colour for all, text too: a chart does not know whether its page is light or dark."""
LABEL = 0.05
"""Height of a label, in parts of the chart's."""
LETTER, POINT = 5.8, 6
"""Width of a letter, and half that of a point, in pixels."""
SPREAD = 20
"""From this ratio of the greatest cost to the smallest on, the scale is logarithmic."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One arm."""

    label: str
    x: float
    x_low: float
    x_high: float
    y: float
    y_low: float
    y_high: float
    x_text: str
    """What is spent, as text."""
    y_text: str
    best: bool
    """In the Pareto set: a filled point on the line."""


class Titles(NamedTuple):
    """Words of the chart."""

    x: str
    y: str
    arm: str


def tradeoff(spots: Sequence[Spot], titles: Titles, x_format: str = ",.3~s", width: int = 400) -> Any:
    """Points with whiskers where the ends are finite.

    `x_format` is d3's, for the ticks below; `width` is about how many pixels the chart will have.
    """
    across = _span([(one.x, one.x_low, one.x_high) for one in spots], logarithmic=True)
    up = _up(spots)
    below = alt.Axis(title=titles.x, format=x_format, grid=True, **across.ticks)
    x = alt.X("x:Q", scale=across.scale, axis=below)
    y = alt.Y("y:Q", scale=up.scale, axis=alt.Axis(title=titles.y, format=",.2~f", tickCount=6))
    base = alt.Chart(alt.InlineData(values=[_datum(one) for one in spots])).encode(color=COLOR)
    rule = base.mark_rule(opacity=0.4, strokeWidth=2)
    upright = rule.encode(x=x, y=alt.Y("y_low:Q", scale=up.scale), y2="y_high:Q")
    level = rule.encode(x=alt.X("x_low:Q", scale=across.scale), x2="x_high:Q", y=y)
    layers = [upright, level, _line(spots, x, y), *_points(base, x, y, titles)]
    return alt.layer(*layers, *_labels(spots, across, up, width)).properties(height=HEIGHT)


def _points(base: Any, x: Any, y: Any, titles: Titles) -> list[Any]:
    """Filled where nothing beats them, else hollow."""
    tips = [
        alt.Tooltip("label:N", title=titles.arm),
        alt.Tooltip("y_text:N", title=titles.y),
        alt.Tooltip("x_text:N", title=titles.x),
    ]
    return [
        base.transform_filter(f"datum.best === {best}")
        .mark_point(size=110, filled=filled, opacity=1, strokeWidth=2)
        .encode(x=x, y=y, tooltip=tips)
        for best, filled in (("true", True), ("false", False))
    ]


def _line(spots: Sequence[Spot], x: Any, y: Any) -> Any:
    """From the cheapest to the best: what a cost buys at most."""
    best = sorted((one for one in spots if one.best), key=lambda one: one.x)
    data = alt.InlineData(values=[{"x": one.x, "y": one.y, "theme": 0} for one in best])
    line = alt.Chart(data).mark_line(
        interpolate="step-after", strokeDash=[5, 4], strokeWidth=1.5, opacity=0.7
    )
    return line.encode(x=x, y=y, color=COLOR)


class _Span(NamedTuple):
    low: float
    high: float
    logarithmic: bool

    @property
    def scale(self) -> Any:
        kind = "log" if self.logarithmic else "linear"
        return alt.Scale(type=kind, domain=[self.low, self.high], nice=False)  # type: ignore[arg-type]

    @property
    def ticks(self) -> dict[str, Any]:
        """Where the axis is marked; on a logarithmic one at 1, 2 and 5, or over a wide range at 1 alone."""
        if not self.logarithmic:
            return {"tickCount": 5}
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        leading = (1, 2, 5) if len(powers) <= 4 else (1,)
        marks = [digit * 10.0**power for power in powers for digit in leading]
        return {"values": [mark for mark in marks if self.low <= mark <= self.high]}

    def part(self, value: float) -> float:
        """Where a value lies, from 0 to 1."""
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def value(self, part: float) -> float:
        """The value at a place on a linear scale."""
        return self.low + part * (self.high - self.low)


def _span(triples: Sequence[tuple[float, float, float]], *, logarithmic: bool = False) -> _Span:
    """All values and finite ends, with some room on both sides."""
    values = [value for triple in triples for value in triple if math.isfinite(value)]
    low, high = min(values), max(values)
    if logarithmic and low > 0 and high / low >= SPREAD:
        room = (high / low) ** 0.08
        return _Span(low / room, high * room, True)
    room = 0.1 * (high - low) or 0.1 * abs(high) or 1.0
    return _Span(max(0.0, low - room) if low >= 0 else low - room, high + room, False)


def _up(spots: Sequence[Spot]) -> _Span:
    """Shares do not leave 0 to 1, but for half a point."""
    found = _span([(one.y, one.y_low, one.y_high) for one in spots])
    share = all(0 <= edge <= 1 for one in spots for edge in (one.y, one.y_low, one.y_high))
    return _Span(max(0.0, found.low) - 0.02, min(1.02, found.high), False) if share else found


def _labels(spots: Sequence[Spot], across: _Span, up: _Span, width: int) -> list[Any]:
    """Names beside the points, where they cover neither each other nor a point."""
    half = POINT / width
    taken = [_Place(up.part(one.y), across.part(one.x) - half, across.part(one.x) + half) for one in spots]
    found: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for one in sorted(spots, key=lambda spot: (not spot.best, -spot.y)):
        reach, apart = LETTER * len(one.label) / width, 10 / width
        place, left = _free(across.part(one.x), up.part(one.y), reach, apart, taken)
        taken.append(place)
        found[left].append({"x": one.x, "at": up.value(place.height), "label": one.label, "theme": 0})
    return [
        alt.Chart(alt.InlineData(values=found[left]))
        .mark_text(align=align, dx=dx, fontSize=12, limit=300, clip=True)  # type: ignore[arg-type]
        .encode(
            x=alt.X("x:Q", scale=across.scale),
            y=alt.Y("at:Q", scale=up.scale),
            text="label:N",
            color=COLOR,
        )
        for left, align, dx in ((False, "left", 10), (True, "right", -10))
        if found[left]
    ]


class _Place(NamedTuple):
    """Where a label or a point is, in parts of the chart."""

    height: float
    begin: float
    end: float

    def covers(self, other: _Place) -> bool:
        """Whether the two are over each other."""
        return abs(self.height - other.height) < LABEL and self.begin < other.end and other.begin < self.end


def _free(x: float, y: float, reach: float, apart: float, taken: Sequence[_Place]) -> tuple[_Place, bool]:
    """The free place nearest to a point, and whether it is on its left; without one, the nearest."""
    tried = []
    for step in range(-14, 15):
        height = y + LABEL * (0.6 + step / 2)
        for left in (False, True):
            begin = x - reach - apart if left else x + apart
            outside = begin < 0 or begin + reach > 1 or not 0.02 <= height <= 0.98
            place = _Place(height, begin, begin + reach)
            covering = any(place.covers(other) for other in taken)
            tried.append(((covering, outside, abs(step) + 1.5 * left), place, left))
    _, place, left = min(tried, key=lambda one: one[0])
    return place, left


def _datum(one: Spot) -> dict[str, Any]:
    """The spot as JSON knows it: an end that is not finite is left out, and so is its whisker."""
    ends = {"x_low": one.x_low, "x_high": one.x_high, "y_low": one.y_low, "y_high": one.y_high}
    known = {name: value for name, value in ends.items() if math.isfinite(value)}
    texts = {"label": one.label, "x_text": one.x_text, "y_text": one.y_text}
    return {"x": one.x, "y": one.y, "best": one.best, "theme": 0, **texts, **known}
