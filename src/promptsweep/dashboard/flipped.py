"""The samples on which two arms differ, as tables; a row that is selected is shown below them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from promptsweep.dashboard import address, contest, downloads, plain, tables
from promptsweep.dashboard.contest import Contest
from promptsweep.dashboard.words import say
from promptsweep.reports.compare import Comparison, Flip
from promptsweep.reports.differences import marked, word_diff


def show(duel: Contest, one: Comparison) -> None:
    """Draws the section: what B lost and what it won, and all of it to download."""
    st.subheader(say("Samples that flipped"), anchor=False)
    lost, won = one.lost or 0, one.won or 0
    if not lost + won:
        st.caption(say("None: both arms score every sample alike."))
        return
    if one.higher_is_better is None:
        names = [
            say("Lower in B: {count}", count=f"{lost:,}"),
            say("Higher in B: {count}", count=f"{won:,}"),
        ]
    else:
        names = [say("Lost by B: {count}", count=f"{lost:,}"), say("Won by B: {count}", count=f"{won:,}")]
    for tab, flips, count, key in zip(
        st.tabs(names), one.flips, (lost, won), ("flips-lost", "flips-won"), strict=True
    ):
        with tab:
            _table(flips, count, key)
    downloads.rows(lambda: contest.flips(duel), "flips")


def _table(flips: Sequence[Flip], count: int, key: str) -> None:
    if not flips:
        st.caption(say("None."))
        return
    wide = st.column_config.TextColumn(width="medium")
    number = st.column_config.NumberColumn(format="%.2f", width="small")
    st.dataframe(
        pd.DataFrame([_row(flip) for flip in flips]),
        hide_index=True,
        placeholder=tables.ABSENT,
        column_config={
            say("input"): wide,
            say("change"): wide,
            say("score A"): number,
            say("score B"): number,
        },
        key=key,
        on_select=lambda: _pick(key, flips),
        selection_mode="single-row",
    )
    if count > len(flips):
        st.caption(
            say(
                "The {shown} with the greatest difference are shown, of {count}; a download has all.",
                shown=len(flips),
                count=f"{count:,}",
            )
        )


def _row(flip: Flip) -> dict[str, Any]:
    change = marked(word_diff(flip.answer_a or "", flip.answer_b or ""))
    return {
        say("sample"): plain.cell(flip.sample_id),
        say("input"): plain.cell(flip.input),
        say("target"): plain.cell(" | ".join(flip.targets)),
        say("answer A"): _cell(flip.answer_a),
        say("answer B"): _cell(flip.answer_b),
        say("change"): plain.cell(change),
        say("score A"): flip.score_a,
        say("score B"): flip.score_b,
    }


def _cell(text: str | None) -> str | None:
    return None if text is None else plain.cell(text)


def _pick(key: str, flips: Sequence[Flip]) -> None:
    """Puts the selected row's sample into the URL."""
    for place in st.session_state[key]["selection"]["rows"]:
        if place < len(flips):
            address.put("sample", flips[place].sample_id)
