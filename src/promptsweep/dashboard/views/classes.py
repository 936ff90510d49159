"""For what is a class mistaken: the confusion matrix, each class's scores, and how far to trust votes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import banner, downloads, plain, source, tables
from promptsweep.dashboard.anatomy import choice, matrix, reads
from promptsweep.dashboard.anatomy.votes import beliefs, error_text
from promptsweep.dashboard.words import say
from promptsweep.metrics import ClassScore
from promptsweep.reports import ArmSummary, figures
from promptsweep.reports.anatomy.votes import is_confident
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.charts.reliability import diagram
from promptsweep.reports.class_figures import ClassFigures


def show() -> None:
    """Draws the page."""
    info = source.current()
    banner.heading(say("Classification"), info)
    classify = source.classifying(info)
    arms = [arm for arm in source.summaries(info) if arm.arm in classify]
    if not arms:
        st.info(say("No arm of this run classifies."), icon=":material/info:")
        return
    label = choice.arm(arms, "cell")
    arm = next(one for one in arms if one.arm == label)
    table = reads.classes(source.store(), info, label)
    if not table.labels:
        st.info(say("Nothing is answered yet."), icon=":material/hourglass:")
        return
    with choice.waiting():
        found = reads.figures(source.store(), info, label)
    _cards(arm, found)
    matrix.show(table)
    _classes(table.classes)
    if is_confident(arm.strategy, arm.params):
        _reliability(info, label)


def _cards(arm: ArmSummary, found: ClassFigures) -> None:
    """The figures over all answers, each with its interval."""
    names = {"macro_f1": "macro-F1", "mcc": "MCC", "kappa": "Cohen's κ"}
    shown = {"accuracy": arm.metrics["accuracy"]} if "accuracy" in arm.metrics else {}
    shown |= {names[name]: interval for name, interval in found.figures.items()}
    columns = st.columns(len(shown) + 1)
    for column, (name, interval) in zip(columns, shown.items(), strict=False):
        column.metric(
            name,
            f"{interval.value:.3f}",
            f"{interval.low:.2f} – {interval.high:.2f}",
            delta_color="off",
            delta_arrow="off",
            border=True,
        )
    share = f"{found.unparsed / found.records:.1%}" if found.records else "–"
    columns[-1].metric(
        say("Unparsed"), f"{found.unparsed:,}", share, delta_color="off", delta_arrow="off", border=True
    )
    st.caption(
        say(
            "Over {records} records with 95 % intervals; an answer that could not be read counts as wrong.",
            records=f"{found.records:,}",
        )
        + (" " + say("{errors} errors are left out.", errors=f"{found.errors:,}") if found.errors else "")
    )


def _classes(classes: Sequence[ClassScore]) -> None:
    st.subheader(say("Each class"), anchor=False)
    number = st.column_config.NumberColumn(format="%.3f")
    scores = (say("precision"), say("recall"), "F1")
    rows: list[dict[str, Any]] = [
        {
            say("class"): plain.cell(one.label),
            **dict(zip(scores, (one.precision, one.recall, one.f1), strict=True)),
            say("samples"): one.support,
        }
        for one in classes
    ]
    tables.table(rows, dict.fromkeys(scores, number))
    st.caption(
        say(
            "Precision: of what was called so, the share that is. Recall: of what is so, the share that was "
            "called so. F1 is their harmonic mean."
        )
    )
    flat = [
        {
            "class": one.label,
            "precision": one.precision,
            "recall": one.recall,
            "f1": one.f1,
            "support": one.support,
        }
        for one in classes
    ]
    downloads.rows(flat, "classes")


def _reliability(info: RunInfo, arm: str) -> None:
    found = reads.votes_of(source.store(), info, arm)
    if not found.bins:
        return
    st.subheader(say("Whether its confidence can be believed"), anchor=False)
    left, right = st.columns([3, 2], gap="large")
    chart = diagram(beliefs(found.bins), say("confidence"), plain.cell(found.metric or ""), say("records"))
    left.altair_chart(chart, width="stretch")
    with right:
        st.metric(say("Calibration error (ECE)"), error_text(found.calibration_error), border=True)
        tables.table(
            [
                {
                    say("confidence"): f"{one.low:.1f} – {one.high:.1f}",
                    plain.cell(found.metric or ""): figures.interval(one.right),
                    say("records"): one.count,
                }
                for one in found.bins
            ]
        )
    st.caption(
        say(
            "Confidence is the winner's share of the votes, or its calibrated probability. On the dashed "
            "line an answer is right as often as that says; below it, it is too sure. ECE is the mean "
            "distance from the line, weighed by records."
        )
    )
