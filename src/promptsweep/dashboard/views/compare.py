"""Is a prompt really better: paired differences from a baseline arm, and the samples that flipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import address, banner, labels, pages, plain, source, tables
from promptsweep.errors import NotComparableError
from promptsweep.reports import ArmSummary, figures
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.charts.whiskers import Whisker, whiskers
from promptsweep.reports.compare import Comparison, Flip


def show() -> None:
    """Draws the page."""
    info = source.current()
    banner.heading("Compare", info)
    datasets: dict[str, list[ArmSummary]] = {}
    for arm in source.summaries(info):
        datasets.setdefault(arm.dataset, []).append(arm)
    measured = {
        dataset: names for dataset, names in _metrics(info).items() if names and len(datasets[dataset]) > 1
    }
    if not measured:
        st.info(
            "Comparing needs two arms over one dataset, and a metric that scores each answer by itself.",
            icon=":material/info:",
        )
        return
    dataset, baseline, metric = _choices(datasets, measured)
    try:
        found = source.comparisons(info, baseline, metric)
    except NotComparableError as error:
        st.info("There is nothing to compare yet.", icon=":material/info:")
        plain.block(str(error), "reason")
        return
    found = [one for one in found if one.dataset == dataset]
    shown = labels.of_arms(datasets[dataset])
    _differences(found, shown, metric)
    _flips(found, shown)


def _metrics(info: RunInfo) -> dict[str, list[str]]:
    """Dataset → its metrics that give every answer a score of its own."""
    return {
        dataset: [name for name, metric in metrics.items() if metric.kind != "aggregate"]
        for dataset, metrics in source.metrics(info).items()
    }


def _choices(datasets: dict[str, list[ArmSummary]], measured: dict[str, list[str]]) -> tuple[str, str, str]:
    """Dataset, baseline and metric, as the user picks them."""
    one, two, three = st.columns([1, 2, 1])
    with one:
        below = ("baseline", "metric", "against")
        dataset = address.pick("Dataset", "dataset", list(measured), *below, format_func=plain.line)
    shown = labels.of_arms(datasets[dataset])
    with two:
        baseline = address.pick("Baseline", "baseline", list(shown), "against", format_func=shown.__getitem__)
    with three:
        metric = address.pick("Metric", "metric", measured[dataset], format_func=plain.line)
    return dataset, baseline, metric


def _differences(found: Sequence[Comparison], shown: Mapping[str, str], metric: str) -> None:
    rows = [
        Whisker(
            shown[one.b],
            one.paired.difference,
            one.paired.low,
            one.paired.high,
            _difference(one),
            one.verdict != "no difference shown",
        )
        for one in found
    ]
    st.altair_chart(whiskers(rows, f"difference in {plain.cell(metric)}", zero=True), width="stretch")
    tables.table([{"arm": shown[one.b], **_figures(one)} for one in found])
    st.caption(
        "Paired by sample, with 95 % intervals; p is adjusted for the number of comparisons (Holm). "
        "To settle: the samples that would show a difference of this size."
    )


def _difference(one: Comparison) -> str:
    return figures.difference(one.paired.difference, one.paired.low, one.paired.high)


def _figures(one: Comparison) -> dict[str, Any]:
    return {
        "difference": _difference(one),
        "verdict": one.verdict,
        "p": figures.probability(one.p_adjusted),
        "samples": one.shared,
        "baseline better": one.paired.only_a,
        "arm better": one.paired.only_b,
        "to settle": one.paired.needed,
    }


def _flips(found: Sequence[Comparison], shown: Mapping[str, str]) -> None:
    st.subheader("Samples that flipped", anchor=False)
    arms = {one.b: one for one in found}
    one = arms[address.pick("Arm", "against", list(arms), format_func=shown.__getitem__)]
    lost, won = st.tabs([f"Lost to the baseline: {one.paired.only_a}", f"Won from it: {one.paired.only_b}"])
    with lost:
        _flip_table(one, one.flips.lost, "flips-lost")
    with won:
        _flip_table(one, one.flips.won, "flips-won")


def _flip_table(one: Comparison, flips: Sequence[Flip], key: str) -> None:
    if not flips:
        st.caption("None.")
        return
    rows = [
        {
            "sample": plain.cell(flip.sample_id),
            "input": plain.cell(flip.input),
            "target": plain.cell(" | ".join(flip.targets)),
            "baseline's answer": _answer(flip.answer_a),
            "arm's answer": _answer(flip.answer_b),
            "baseline": flip.score_a,
            "arm": flip.score_b,
        }
        for flip in flips
    ]
    tables.openable(rows, key, lambda place: pages.go("trace", sample=flips[place].sample_id, arm=one.b))


def _answer(text: str | None) -> str | None:
    return None if text is None else plain.cell(text)
