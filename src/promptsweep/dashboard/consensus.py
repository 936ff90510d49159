"""What the grades say: tables of arms, metrics, graders and preferences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import downloads, plain, source, tables
from promptsweep.dashboard.words import say
from promptsweep.reports import figures, grades
from promptsweep.reports.agreement import Agreement, ArmGrade
from promptsweep.reports.browse import RunInfo
from promptsweep.reports.grades import Mode

Row = dict[str, Any]


def show(info: RunInfo, dataset: str, shown: Mapping[str, str]) -> None:
    """Draws all there is to say of a dataset's grades; `shown` are the arms' short names by label."""
    found = source.agreed(info, dataset)
    if not (found.arms or found.preferences):
        st.info(say("Nobody has graded an answer yet."), icon=":material/rule:")
        return
    _section(say("Arms"), _arms(found.arms, shown))
    _section(say("Preferences"), _preferences(found, shown))
    _section(say("Graders and metrics: correct or wrong"), _verdicts(found))
    _section(say("Graders and metrics: 1 to 5"), _ratings(found))
    _section(say("Graders among themselves"), _graders(found))
    st.caption(
        say(
            "Brackets are 95 % intervals over samples. κ, ρ and τ are 1 where both sides agree fully and 0 "
            "where they agree by chance only. A dash: one side says the same of everything. For agreement "
            "with a metric, grade a random sample: grades of failures alone tell little about it."
        )
    )
    downloads.rows(lambda: list(grades.grade_table(source.store(), info.id).rows), f"{info.id}.grades")


def _section(title: str, rows: Sequence[Row]) -> None:
    if rows:
        st.subheader(title, anchor=False)
        tables.table(rows)


def _arms(found: Sequence[ArmGrade], shown: Mapping[str, str]) -> list[Row]:
    """A row for each arm and grader, with what they said in both modes."""
    said: dict[tuple[str, str], dict[Mode, ArmGrade]] = {}
    for one in found:
        said.setdefault((one.arm, one.grader), {})[one.mode] = one
    return [
        {
            say("arm"): shown[arm],
            say("grader"): plain.cell(grader),
            **_means(say("correct"), modes.get(Mode.VERDICT)),
            **_means(say("rating"), modes.get(Mode.RATING)),
        }
        for (arm, grader), modes in said.items()
    ]


def _means(name: str, one: ArmGrade | None) -> Row:
    return {
        name: figures.interval(one.mean if one else None),
        say("{name}: answers", name=name): one.answers if one else 0,
    }


def _preferences(found: Agreement, shown: Mapping[str, str]) -> list[Row]:
    return [
        {
            say("arm"): shown[one.arm],
            say("against"): shown[one.other],
            say("grader"): plain.cell(one.grader),
            say("wins"): one.preferred.wins,
            say("ties"): one.preferred.ties,
            say("losses"): one.preferred.losses,
            say("net win rate"): figures.difference(
                one.preferred.net.value, one.preferred.net.low, one.preferred.net.high
            ),
            say("sign test"): figures.probability(one.preferred.p),
        }
        for one in found.preferences
    ]


def _verdicts(found: Agreement) -> list[Row]:
    return [
        {
            say("grader"): plain.cell(one.grader),
            say("metric"): plain.cell(one.metric),
            say("answers"): one.answers,
            say("same verdict"): figures.interval(one.same),
            say("Cohen's κ"): figures.interval(one.kappa),
        }
        for one in found.verdicts
    ]


def _ratings(found: Agreement) -> list[Row]:
    return [
        {
            say("grader"): plain.cell(one.grader),
            say("metric"): plain.cell(one.metric),
            say("answers"): one.answers,
            say("Spearman's ρ"): figures.interval(one.spearman),
            say("Kendall's τ"): figures.interval(one.kendall),
        }
        for one in found.ratings
    ]


def _graders(found: Agreement) -> list[Row]:
    asked = {
        Mode.VERDICT: say("Correct or wrong"),
        Mode.RATING: say("1 to 5"),
        Mode.PREFERENCE: say("A or B"),
    }
    return [
        {
            say("question"): asked[one.mode],
            say("grader"): plain.cell(one.one),
            say("other grader"): plain.cell(one.other),
            say("answers"): one.answers,
            say("same grade"): figures.interval(one.same),
            say("Cohen's κ"): figures.interval(one.kappa),
        }
        for one in found.graders
    ]
