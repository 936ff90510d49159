"""Values over time: a line for each arm, with intervals, thresholds, baselines and marks of what is worse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import altair as alt

HEIGHT = 380
FEW = 60
"""With more runs than this, points and lines are small."""
HALF_A_DAY = timedelta(hours=12)
RED = "#d1242f"
"""Stands out on a light and on a dark page."""
CHOSEN = "chosen"
"""Name of the selection: the run of a point that was clicked."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What an arm measured in a run."""

    run: str
    when: datetime
    label: str
    """The arm's."""
    value: float
    low: float
    high: float
    text: str
    """Value and interval as text."""
    commit: str | None
    wrong: str | None
    """What is worse, in words; None where nothing is: a ring marks the others."""
    selected: bool
    """Whether the page tells more of this run."""


class Level(NamedTuple):
    """A horizontal line: a threshold, or a baseline's value."""

    value: float
    text: str
    label: str | None
    """The arm's, for a line in its colour; None for a grey one."""


class Words(NamedTuple):
    """Words of the chart."""

    value: str
    arm: str
    run: str
    when: str
    commit: str
    wrong: str


def lines(moments: Sequence[Moment], levels: Sequence[Level], words: Words) -> Any:
    """Lines by arm in the order in which arms first occur; a click on a point selects its run."""
    names = list(dict.fromkeys(one.label for one in moments))
    edges = [value for one in moments for value in (one.value, one.low, one.high) if math.isfinite(value)]
    heights = _domain([*edges, *(level.value for level in levels)])
    encoding = _Encoding(names, heights, words.value)
    layers = [
        *_room(moments, encoding),
        *_selected(moments, encoding),
        *_levels(levels, encoding),
        *_arms(moments, encoding, words),
    ]
    return alt.layer(*layers).properties(height=HEIGHT)


def _domain(edges: Sequence[float]) -> list[float]:
    """All that is drawn, with some room; shares do not leave 0 to 1 by more than a point's size."""
    low, high = min(edges), max(edges)
    room = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    if low >= 0 and high <= 1:
        return [max(-0.02, low - room), min(1.02, high + room)]
    return [max(0.0, low - room) if low >= 0 else low - room, high + room]


@dataclass(frozen=True, slots=True)
class _Encoding:
    """What all layers share."""

    names: Sequence[str]
    domain: Sequence[float]
    title: str

    @property
    def x(self) -> Any:
        axis = alt.Axis(title=None, labelOverlap=True, grid=False)
        return alt.X("when:T", axis=axis, scale=alt.Scale(padding=24))

    def y(self, field: str) -> Any:
        axis = alt.Axis(title=self.title, format=",.3~g")
        return alt.Y(f"{field}:Q", scale=alt.Scale(domain=self.domain, nice=False), axis=axis)

    @property
    def color(self) -> Any:
        return alt.Color("label:N", sort=self.names, scale=self._known, legend=self._legend)

    @property
    def shape(self) -> Any:
        return alt.Shape("label:N", sort=self.names, scale=self._known, legend=self._legend)

    @property
    def _known(self) -> Any:
        return alt.Scale(domain=self.names)

    @property
    def _legend(self) -> Any:
        if len(self.names) == 1:
            return None
        return alt.Legend(title=None, orient="top", columns=4, labelLimit=300, symbolOpacity=1)


def _selected(moments: Sequence[Moment], encoding: _Encoding) -> list[Any]:
    """A band behind the run of which more is told."""
    when = {one.when.isoformat() for one in moments if one.selected}
    data = alt.InlineData(values=[{"when": one} for one in when])
    band = alt.Chart(data).mark_rule(strokeWidth=16, opacity=0.15, color="gray").encode(x=encoding.x)
    return [band] * bool(when)


def _room(moments: Sequence[Moment], encoding: _Encoding) -> list[Any]:
    """Half a day on both sides of a single run, drawn with nothing: one instant makes no axis."""
    times = {one.when for one in moments}
    ends = [{"when": (when + side).isoformat()} for when in times for side in (-HALF_A_DAY, HALF_A_DAY)]
    empty = alt.Chart(alt.InlineData(values=ends)).mark_rule(opacity=0).encode(x=encoding.x)
    return [empty] * (len(times) == 1)


def _levels(levels: Sequence[Level], encoding: _Encoding) -> list[Any]:
    """Baselines dotted in the colour of their arm; thresholds dashed in grey, with their rule above them."""
    own = [level._asdict() for level in levels if level.label in encoding.names]
    grey = [level._asdict() for level in levels if level.label is None]
    arms, limits = (alt.Chart(alt.InlineData(values=rows)) for rows in (own, grey))
    y, tip = encoding.y("value"), alt.Tooltip("text:N", title=encoding.title)
    dotted = arms.mark_rule(strokeDash=[2, 4], strokeWidth=1.5).encode(y=y, color=encoding.color, tooltip=tip)
    dashed = limits.mark_rule(strokeDash=[6, 4], color="gray").encode(y=y)
    text = limits.mark_text(align="left", dx=4, dy=-8, fontSize=12, color="gray")
    return [dotted] * bool(own) + [dashed, text.encode(x=alt.value(0), y=y, text="text:N")] * bool(grey)


def _arms(moments: Sequence[Moment], encoding: _Encoding, words: Words) -> list[Any]:
    """Whiskers, lines and points, and rings around what is worse."""
    base = _drawn(moments, encoding)
    click = alt.selection_point(name=CHOSEN, fields=["run"], on="click", empty=False)
    few = len({one.run for one in moments}) <= FEW
    points = base.mark_point(size=80 if few else 24, filled=True, opacity=1)
    worse = [one for one in moments if one.wrong is not None]
    ring = _drawn(worse, encoding).mark_point(
        size=320, shape="circle", filled=False, strokeWidth=2.5, opacity=1
    )
    return [
        base.mark_rule(opacity=0.35, strokeWidth=2 if few else 1).encode(y=encoding.y("low"), y2="high:Q"),
        base.mark_line(strokeWidth=2 if few else 1),
        *[ring.encode(color=alt.value(RED))] * bool(worse),
        points.encode(shape=encoding.shape, tooltip=_tips(words)).add_params(click),
    ]


def _drawn(moments: Sequence[Moment], encoding: _Encoding) -> Any:
    base = alt.Chart(alt.InlineData(values=[_datum(one) for one in moments]))
    return base.encode(x=encoding.x, y=encoding.y("value"), color=encoding.color)


def _tips(words: Words) -> list[Any]:
    return [
        alt.Tooltip("label:N", title=words.arm),
        alt.Tooltip("text:N", title=words.value),
        alt.Tooltip("when:T", title=words.when, format="%Y-%m-%d %H:%M"),
        alt.Tooltip("run:N", title=words.run),
        alt.Tooltip("commit:N", title=words.commit),
        alt.Tooltip("wrong:N", title=words.wrong),
    ]


def _datum(one: Moment) -> dict[str, Any]:
    """The moment as JSON knows it: an end that is not finite is left out, and so is its whisker."""
    ends = {name: value for name, value in (("low", one.low), ("high", one.high)) if math.isfinite(value)}
    return {
        "run": one.run,
        "when": one.when.isoformat(),
        "label": one.label,
        "value": one.value,
        "text": one.text,
        "commit": one.commit,
        "wrong": one.wrong,
        **ends,
    }
