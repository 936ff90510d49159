"""Where does it fail: the run's records a page at a time, failures first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import address, banner, figures, plain, source, tables
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
    number = _page_number()
    rows, total = source.records(info, **filters, offset=(number - 1) * PAGE, limit=PAGE)
    if total and not rows:  # the page is beyond the last one of these filters
        number = 1
        rows, _ = source.records(info, **filters, limit=PAGE)
    if not rows:
        st.info("No record fits.", icon=":material/filter_alt_off:")
        return
    _records(rows)
    _pages(number, total)


def _filters(info: RunInfo) -> dict[str, Any]:
    """What the user filters by, as `reports.browse.page` takes it."""
    labels = [arm.arm for arm in source.summaries(info)]
    arms, outcomes, words, only = st.columns([3, 2, 3, 1.4], vertical_alignment="bottom")
    with arms:
        arm = address.pick("Arm", "arm", [ALL_ARMS, *labels], "page", format_func=plain.cell)
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


def _page_number() -> int:
    given = address.get("page") or "1"
    return max(1, int(given)) if given.isdecimal() else 1


def _records(rows: Sequence[RecordRow]) -> None:
    cells = [_cells(row, several=len({other.arm for other in rows}) > 1) for row in rows]
    st.caption("Failures come first. Select a row to see all that was sent and replied.")

    def trace(place: int) -> None:
        row = rows[place]
        repeat = str(row.repeat) if row.repeat else None
        address.go("trace", sample=row.sample_id, arm=row.arm, repeat=repeat)

    wide = st.column_config.TextColumn(width="large")
    number = st.column_config.NumberColumn(format="%.2f")
    scores = dict.fromkeys((plain.cell(name) for row in rows for name in row.scores), number)
    tables.openable(cells, "records", trace, input=wide, **scores)


def _cells(row: RecordRow, *, several: bool) -> dict[str, Any]:
    return {
        "outcome": row.outcome.value,
        "sample": plain.cell(row.sample_id) + (f" #{row.repeat}" if row.repeat else ""),
        **({"arm": plain.cell(row.arm)} if several else {}),
        "input": plain.cell(row.input),
        "target": plain.cell(" | ".join(row.targets)),
        "answer": plain.cell(row.error or row.answer or figures.ABSENT),
        **{plain.cell(name): value for name, value in row.scores.items()},
        "tokens": row.tokens,
        "time": figures.seconds(row.seconds),
        "cost": figures.money(row.cost),
    }


def _pages(number: int, total: int) -> None:
    first = (number - 1) * PAGE + 1
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(f"{first:,} to {min(total, number * PAGE):,} of {figures.plural(total, 'record')}")
        if total > PAGE:
            st.pagination(-(-total // PAGE), **address.bound("page", number, 1))


if __name__ == "__main__":
    show()
