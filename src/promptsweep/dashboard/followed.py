"""A figure of a sweep's arms followed over its runs: the chart, and where it went down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from promptsweep.dashboard import address, downloads, plain, source, tables, trending, wording
from promptsweep.dashboard.words import say
from promptsweep.reports import figures
from promptsweep.reports.baselines import Baseline
from promptsweep.reports.charts.lines import CHOSEN, Level, Moment, Words, lines
from promptsweep.reports.history import PastRun
from promptsweep.reports.judging import figure as number
from promptsweep.reports.regressions import Regression, baseline_means, thresholds
from promptsweep.runners.gates import AMOUNTS, QUANTILES
from promptsweep.stats import Interval

MOST_ROWS = 50
"""Rows of the table of what is worse, the newest."""


class Choice(NamedTuple):
    """What the user picked."""

    sweep: str
    """Its name."""
    runs: Sequence[PastRun]
    """Those to draw, the oldest first."""
    dataset: str
    figure: str
    shown: Mapping[str, str]
    """Labels of the arms to draw → their short names."""
    arms: int
    """How many there are."""
    run: str
    """The id of the run of which more is told."""


def show(choice: Choice, before: Baseline | None) -> list[Regression] | None:
    """Draws the chart; what is worse than before, the oldest first, or None where nothing was measured."""
    values = trending.measured(choice.runs, choice.dataset, choice.figure)
    if not any(label in found for found in values.values() for label in choice.shown):
        return None
    with st.spinner(say("Testing the runs …")):
        worse = _worse(choice)
    wrong = _wrong(worse, choice)
    moments = [
        _moment(run, label, values[run.id][label], wrong.get((run.id, label)), choice)
        for label in choice.shown
        for run in choice.runs
        if label in values[run.id]
    ]
    words = Words(title(choice.figure), say("arm"), say("run"), say("time"), say("commit"), say("worse"))
    levels = _levels(choice, before)
    chart = lines(moments, levels, words)
    picked = st.altair_chart(chart, width="stretch", key="followed", on_select="rerun", selection_mode=CHOSEN)
    _open(picked, choice)
    st.caption(_explained(choice, any(level.label for level in levels)))
    downloads.rows(
        lambda: [_plain_row(run, label, values) for run in choice.runs for label in values[run.id]], "trend"
    )
    return worse


def regressions(worse: Sequence[Regression], choice: Choice) -> None:
    """Draws the table of what is worse than before; nothing where nothing is."""
    if not worse:
        return
    st.subheader(say("What became worse"), anchor=False)
    names = {run.id: name_of(run) for run in choice.runs}
    tables.table([_row(one, choice, names) for one in reversed(worse[-MOST_ROWS:])])
    if len(worse) > MOST_ROWS:
        st.caption(say("The {shown} newest of {count} are shown.", shown=MOST_ROWS, count=f"{len(worse):,}"))


def title(figure: str) -> str:
    """A figure in words; a metric by its name."""
    words = {
        "cost_usd": say("Cost of a sample, US$"),
        "tokens": say("Tokens of a sample"),
        "seconds": say("Waiting time, mean, seconds"),
        "p50_seconds": say("Waiting time, median, seconds"),
        "p95_seconds": say("Waiting time, 95th percentile, seconds"),
        "error_rate": say("Share of errors"),
        "unparsed_rate": say("Share of unparsed answers"),
        "refused_rate": say("Share of refusals"),
        "truncated_rate": say("Share of truncated answers"),
    }
    return words.get(figure) or plain.line(figure)


def name_of(run: PastRun) -> str:
    """A run's local time, and the end of its id, which makes it unique."""
    return plain.line(f"{wording.moment(run.created)} · {run.id.rpartition('-')[2]}")


def _worse(choice: Choice) -> list[Regression]:
    found = trending.regressions(choice.runs, _tested(choice), choice.dataset, choice.figure, choice.sweep)
    return [one for one in found if one.arm in choice.shown]


def _tested(choice: Choice) -> list[PastRun]:
    arms = [arm for run in choice.runs for arm in run.over(choice.dataset) if choice.figure in arm.metrics]
    together = any(arm.metrics[choice.figure].kind == "aggregate" for arm in arms)
    return trending.tested(choice.runs, together=together)


def _open(picked: Any, choice: Choice) -> None:
    """A click on a point chooses its run; the selection stays, so it is heeded only once."""
    clicked = next((point.get("run") for point in picked["selection"].get(CHOSEN, ())), None)
    before = st.session_state.get("clicked")
    st.session_state["clicked"] = clicked
    if clicked not in (None, before, choice.run):
        address.put("at", clicked)
        address.put("since", None)
        st.rerun()


def _wrong(worse: Sequence[Regression], choice: Choice) -> dict[tuple[str, str], str]:
    """Run and arm → what it is worse than."""
    names = {run.id: name_of(run) for run in choice.runs}
    found: dict[tuple[str, str], list[str]] = {}
    for one in worse:
        found.setdefault((one.run, one.arm), []).append(_against(one, names))
    return {key: plain.cell("; ".join(texts)) for key, texts in found.items()}


def _moment(run: PastRun, label: str, value: Interval, wrong: str | None, choice: Choice) -> Moment:
    return Moment(
        run=run.id,
        when=run.created,
        label=choice.shown[label],
        value=value.value,
        low=value.low,
        high=value.high,
        text=_shown(value, choice.figure),
        commit=run.commit and plain.cell(run.commit),
        wrong=wrong,
        selected=run.id == choice.run,
    )


def _shown(value: Interval, figure: str) -> str:
    """Shares with two decimals, amounts with three digits."""
    if figure not in (*AMOUNTS, *QUANTILES):
        return figures.interval(value)
    return f"{number(value.value)} [{number(max(0.0, value.low))}, {number(value.high)}]"


def _levels(choice: Choice, before: Baseline | None) -> list[Level]:
    """The baseline's values of the arms that are drawn, and the thresholds of the newest run's gates."""
    demands = thresholds(source.store(), choice.runs[-1].id, choice.dataset, choice.figure)
    limits = {demand.text: demand.limit for demand in demands if demand.arm in choice.shown}
    found = [Level(limit, text, None) for text, limit in limits.items()]
    means = {} if before is None else baseline_means(before, choice.dataset, choice.figure)
    return found + [
        Level(mean, say("baseline: {value}", value=number(mean)), choice.shown[label])
        for label, mean in means.items()
        if label in choice.shown
    ]


def _against(one: Regression, names: Mapping[str, str]) -> str:
    """What it is worse than; `names` are those of runs."""
    if one.against == "gate":
        return say("fails the gate {rule}", rule=one.what)
    return say("worse than in the run of {run}", run=names[one.what])


def _row(one: Regression, choice: Choice, names: Mapping[str, str]) -> dict[str, Any]:
    difference = None
    if one.difference is not None:
        difference = figures.difference(one.difference, one.low, one.high)
    return {
        say("run"): names[one.run],
        say("arm"): choice.shown[one.arm],
        say("worse"): plain.cell(_against(one, names)),
        say("value"): number(one.value),
        say("difference"): difference,
        "p": None if one.p_adjusted is None else figures.probability(one.p_adjusted),
    }


def _explained(choice: Choice, baseline: bool) -> str:
    said = [
        say(
            "Whiskers are 95 % intervals. A red ring marks an arm that the paired test calls worse than in "
            "the run before (p is adjusted, Holm, for the arms of the run), or that fails a gate of its "
            "sweep."
        )
    ]
    if baseline:
        said.append(
            say(
                "Dotted lines are the baseline of each arm; a metric that no gate holds against it is "
                "marked where it is worse by more than 0.02."
            )
        )
    tested = len(_tested(choice))
    if tested < len(choice.runs):
        said.append(say("The {tested} newest runs are tested.", tested=f"{tested:,}"))
    said.append(say("A click on a point tells below what was edited before its run."))
    return " ".join(said)


def _plain_row(run: PastRun, label: str, values: Mapping[str, Mapping[str, Interval]]) -> dict[str, Any]:
    value = values[run.id][label]
    return {
        "run": run.id,
        "created": run.created.isoformat(),
        "commit": run.commit,
        "arm": label,
        "value": value.value,
        "low": value.low,
        "high": value.high,
        "n": value.n,
    }
