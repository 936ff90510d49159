"""Where does it fail: the run's records a page at a time, failures first; one of them opens as its trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import (
    address,
    banner,
    downloads,
    explore,
    filters,
    labels,
    plain,
    source,
    tables,
    wording,
)
from promptsweep.dashboard.views import trace
from promptsweep.dashboard.words import say
from promptsweep.reports import figures
from promptsweep.reports.browse import RecordRow, RunInfo
from promptsweep.reports.matching import Filter

PAGE = 50
"""Records on a page."""
MOST_DOWNLOADED = 50_000
"""Records in a download; `promptsweep export` has no limit."""


def show() -> None:
    """Draws the page."""
    info = source.current()
    if address.get("sample") is not None:
        trace.of_filtered(info)
        return
    banner.heading(say("Samples"), info)
    filters.show(info)
    chosen = explore.wanted(info)
    total = explore.count(info, chosen)
    if total:
        _page(info, chosen, total)
        _downloads(info, chosen, total)
    else:
        st.info(say("No record fits."), icon=":material/filter_alt_off:")


@st.fragment
def _page(info: RunInfo, chosen: Filter, total: int) -> None:
    """A fragment, so that turning a page draws nothing else again."""
    number = address.number("page", 1)
    number = number if 1 <= number <= _pages_of(total) else 1
    found = explore.numbers(info, chosen, (number - 1) * PAGE, PAGE)
    shown = labels.of_arms(explore.arms(info))
    rows = explore.rows(info, found, plain.MOST_IN_CELL + 1)
    _records(rows, {} if chosen.arm or len(shown) == 1 else shown)
    _pages(number, total)


def _downloads(info: RunInfo, chosen: Filter, total: int) -> None:
    most = min(total, MOST_DOWNLOADED)
    downloads.rows(lambda: _whole(explore.rows(info, explore.numbers(info, chosen, 0, most))), "samples")
    if total > most:
        st.caption(say("A download holds the first {count} records.", count=f"{most:,}"))


def _records(rows: Sequence[RecordRow], shown: Mapping[str, str]) -> None:
    """`shown` names the arms where there are several to tell apart."""
    metrics = list(dict.fromkeys(name for row in rows for name in row.scores))
    cells = [
        {
            **_sample(row),
            **({say("arm"): shown[row.arm]} if shown else {}),
            **_verdict(row),
            **{plain.cell(name): row.scores.get(name) for name in metrics},
            **_effort(row),
        }
        for row in rows
    ]
    st.caption(say("Select a row to see all that was sent and replied."))

    def opened(place: int) -> None:
        row = rows[place]
        repeat = str(row.repeat) if row.repeat else None
        address.change(sample=row.sample_id, of=row.arm, repeat=repeat)
        st.rerun()

    wide = st.column_config.TextColumn(width=170)
    number = st.column_config.NumberColumn(format="%.2f")
    scores = dict.fromkeys(map(plain.cell, metrics), number)
    counts = {say("tokens"): st.column_config.NumberColumn(format="localized")}
    tables.openable(cells, "records", opened, {**scores, **counts, say("input"): wide, say("answer"): wide})


def _sample(row: RecordRow) -> dict[str, Any]:
    repeat = f" #{row.repeat}" if row.repeat else ""
    return {say("outcome"): wording.outcome(row.outcome), say("sample"): plain.cell(row.sample_id) + repeat}


def _verdict(row: RecordRow) -> dict[str, Any]:
    return {
        say("input"): plain.cell(row.input),
        say("target"): plain.cell(" | ".join(row.targets)),
        say("answer"): plain.cell(row.error or row.answer or tables.ABSENT),
    }


def _effort(row: RecordRow) -> dict[str, Any]:
    return {
        say("tokens"): row.tokens,
        say("time"): figures.duration(row.seconds),
        say("cost"): wording.dollars(row.cost),
    }


def _pages_of(total: int) -> int:
    return max(1, -(-total // PAGE))


def _pages(number: int, total: int) -> None:
    first, last = (number - 1) * PAGE + 1, min(total, number * PAGE)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.text(
            say("1 record")
            if total == 1
            else say(
                "{first} to {last} of {total} records",
                first=f"{first:,}",
                last=f"{last:,}",
                total=f"{total:,}",
            )
        )
        if total > PAGE:
            pages_of = _pages_of(total)
            st.number_input(
                say("Page, of {count}", count=f"{pages_of:,}"),
                1,
                pages_of,
                width=160,
                **address.bound("page", number, 1),
            )


def _whole(rows: Sequence[RecordRow]) -> list[dict[str, Any]]:
    """Records as they are downloaded: the texts whole, the figures as numbers."""
    return [
        {
            "arm": row.arm,
            "sample": row.sample_id,
            "repeat": row.repeat,
            "outcome": row.outcome.value,
            "input": row.input,
            "targets": " | ".join(row.targets),
            "answer": row.answer,
            "error": row.error,
            **row.scores,
            "tokens": row.tokens,
            "seconds": row.seconds,
            "cost_usd": row.cost,
        }
        for row in rows
    ]
