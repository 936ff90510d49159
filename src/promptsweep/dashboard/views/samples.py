"""Where does it fail: the run's records a page at a time, failures first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import address, banner, labels, pages, plain, source, tables
from promptsweep.reports import figures
from promptsweep.reports.browse import RecordRow, RunInfo
from promptsweep.types import Outcome

PAGE = 50
"""Records on a page."""
ALL_ARMS, ANY_OUTCOME = "All arms", "Any outcome"


def show() -> None:
    """Draws the page."""
    info = source.current()
    banner.heading("Samples", info)
    filters = _filters(info)
    number = max(1, address.number("page", 1))
    rows, total = source.records(info, **filters, offset=(number - 1) * PAGE, limit=PAGE)
    if total and not rows:  # the URL names a page beyond the last one
        number = 1
        rows, total = source.records(info, **filters, limit=PAGE)
    if not rows:
        st.info("No record fits.", icon=":material/filter_alt_off:")
        return
    _records(rows, labels.of_arms(source.summaries(info)))
    _pages(number, total)


def _filters(info: RunInfo) -> dict[str, Any]:
    """What the user filters by, as `reports.browse.page` takes it."""
    shown = {ALL_ARMS: ALL_ARMS, **labels.of_arms(source.summaries(info))}
    arms, outcomes, words, only = st.columns([3, 2, 3, 1.4], vertical_alignment="bottom")
    with arms:
        arm = address.pick("Arm", "arm", list(shown), "page", format_func=shown.__getitem__)
    with outcomes:
        names = [ANY_OUTCOME, *(outcome.value for outcome in Outcome)]
        outcome = address.pick("Outcome", "outcome", names, "page")
    bound = address.bound("search", address.get("search") or "", "", "page")
    search = words.text_input("Search", placeholder="in input, reply, answer or id", **bound)
    wrong = only.toggle(
        "Wrong only", **address.bound("wrong", address.get("wrong") is not None, False, "page")
    )
    return {
        "arm": None if arm == ALL_ARMS else arm,
        "outcome": None if outcome == ANY_OUTCOME else outcome,
        "search": search or None,
        "wrong": wrong,
    }


def _records(rows: Sequence[RecordRow], shown: Mapping[str, str]) -> None:
    cells = [{**_sample(row), "arm": shown[row.arm], **_verdict(row)} for row in rows]
    st.caption("Failures come first. Select a row to see all that was sent and replied.")

    def trace(place: int) -> None:
        row = rows[place]
        repeat = str(row.repeat) if row.repeat else None
        pages.go("trace", sample=row.sample_id, arm=row.arm, repeat=repeat)

    wide = st.column_config.TextColumn(width="medium")
    number = st.column_config.NumberColumn(format="%.2f")
    scores = dict.fromkeys((plain.cell(name) for row in rows for name in row.scores), number)
    tables.openable(cells, "records", trace, {**scores, "input": wide, "answer": wide})


def _sample(row: RecordRow) -> dict[str, Any]:
    repeat = f" #{row.repeat}" if row.repeat else ""
    return {"outcome": row.outcome.value, "sample": plain.cell(row.sample_id) + repeat}


def _verdict(row: RecordRow) -> dict[str, Any]:
    return {
        "input": plain.cell(row.input),
        "target": plain.cell(" | ".join(row.targets)),
        "answer": plain.cell(row.error or row.answer or tables.ABSENT),
        **{plain.cell(name): value for name, value in row.scores.items()},
        "tokens": row.tokens,
        "time": figures.duration(row.seconds),
        "cost": figures.dollars(row.cost),
    }


def _pages(number: int, total: int) -> None:
    first, last = (number - 1) * PAGE + 1, min(total, number * PAGE)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.text(f"{first:,} to {last:,} of {figures.plural(total, 'record')}")
        if total > PAGE:
            pages_of = -(-total // PAGE)
            st.number_input(
                f"Page, of {pages_of:,}", 1, pages_of, width=160, **address.bound("page", number, 1)
            )
