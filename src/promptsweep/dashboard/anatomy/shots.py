"""Few-shot: the score by the number of examples, the way to choose them, and their order."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from promptsweep.dashboard import address, downloads, plain, source, tables
from promptsweep.dashboard.anatomy import reads
from promptsweep.dashboard.words import say
from promptsweep.reports import ArmSummary, figures
from promptsweep.reports.anatomy.shots import Point, Series
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.charts.shots import Shot, by_examples


def show(info: RunInfo, arms: Sequence[ArmSummary]) -> None:  # noqa: ARG001  all arms are in one picture
    """Draws the arms that differ in their examples alone."""
    found = {one.name: one for one in reads.few_shot(source.store(), info)}
    if not found:
        st.info(say("Nothing says which answers are right."), icon=":material/info:")
        return
    name = next(iter(found))
    if len(found) > 1:
        name = address.pick(say("Model and dataset"), "series", list(found), format_func=plain.cell)
    _series(found[name])


def _series(series: Series) -> None:
    st.subheader(say("Score by worked examples"), anchor=False)
    st.markdown(_best(series))
    rows = [_shot(point) for point in series.points]
    chart = by_examples(rows, say("worked examples"), plain.cell(series.metric), say("one seed"))
    st.altair_chart(chart, width="stretch")
    spreads = [point.spread for point in series.points if point.spread is not None]
    st.caption(
        say(
            "Dots are means over samples with 95 % intervals; each short line is one order or draw of the "
            "examples."
        )
    )
    if spreads:
        st.markdown(
            say(
                "Order and draw of the examples alone move the score by up to {spread}.",
                spread=f"{max(spreads):.2f}",
            )
        )
    else:
        st.caption(
            say(
                "One order of the examples was tried; `order` or `shot_seed` as a list in the sweep shows "
                "how much it matters."
            )
        )
    tables.table([_row(point, series.metric) for point in series.points])
    downloads.rows(_flat(series), "few-shot")


def _best(series: Series) -> str:
    best = max(series.points, key=lambda point: point.value.value)
    return say(
        "The highest mean is {value}, with {k} examples chosen by {select}.",
        value=figures.interval(best.value),
        k=best.k,
        select=plain.literal(best.select),
    )


def _shot(point: Point) -> Shot:
    value = point.value
    seeds = tuple(seed.value for seed in point.seeds)
    text = figures.interval(value)
    return Shot(point.k, plain.cell(point.select), value.value, value.low, value.high, text, seeds)


def _row(point: Point, metric: str) -> dict[str, object]:
    values = [seed.value for seed in point.seeds]
    several = len(values) > 1
    return {
        say("selector"): plain.cell(point.select),
        say("worked examples"): point.k,
        plain.cell(metric): figures.interval(point.value),
        say("seeds"): len(values),
        say("lowest seed"): f"{min(values):.2f}" if several else None,
        say("highest seed"): f"{max(values):.2f}" if several else None,
    }


def _flat(series: Series) -> list[dict[str, object]]:
    return [
        {
            "arm": seed.arm,
            "k": point.k,
            "select": point.select,
            "shot_seed": seed.shot_seed,
            "order": seed.order,
            series.metric: seed.value,
        }
        for point in series.points
        for seed in point.seeds
    ]
