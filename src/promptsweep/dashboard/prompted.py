"""What two arms were made of: the names and parameters that differ, and the templates as far as known."""

from __future__ import annotations

import streamlit as st

from promptsweep.dashboard import contest, diffs, plain, tables
from promptsweep.dashboard.contest import Contest
from promptsweep.dashboard.words import say
from promptsweep.reports.differences import line_diff
from promptsweep.reports.sent import Source, SourcePair


def show(duel: Contest) -> None:
    """Draws the section."""
    st.subheader(say("What the prompts differ in"), anchor=False)
    differing = contest.differing(duel)
    if differing:
        tables.table(
            [
                {say("setting"): plain.cell(name), "A": plain.cell(a) or None, "B": plain.cell(b) or None}
                for name, (a, b) in differing.items()
            ]
        )
    pairs = contest.templates(duel)
    if not pairs:
        st.caption(say("No template is known: these answers were made elsewhere."))
    for place, pair in enumerate(pairs):
        _pair(pair, str(place))


def _pair(pair: SourcePair, key: str) -> None:
    if pair.a is None or pair.b is None:
        _only(pair, key)
    elif pair.same:
        st.caption(say("{template}: the same in both arms.", template=plain.literal(pair.a.name)))
    elif pair.a.text is None or pair.b.text is None:
        _forgotten(pair.a, pair.b, key)
    else:
        names = plain.cell(pair.a.name), plain.cell(pair.b.name)
        diffs.lines(line_diff(pair.a.text, pair.b.text, names))


def _only(pair: SourcePair, key: str) -> None:
    """A template that one arm has, or the other."""
    one = pair.a or pair.b
    assert one is not None
    name = plain.literal(one.name)
    title = (
        say("{template}: only in A", template=name) if pair.a else say("{template}: only in B", template=name)
    )
    with st.expander(title):
        plain.labelled(say("Text"), one.text, f"template-{key}")


def _forgotten(a: Source, b: Source, key: str) -> None:
    """Says which text is no longer known, and shows the one that is."""
    for name, one in (("A", a), ("B", b)):
        template = plain.literal(one.name)
        if one.text is not None:
            with st.expander(say("{template}, as {arm} used it", template=template, arm=name)):
                plain.labelled(say("Text"), one.text, f"template-{key}")
            continue
        st.caption(
            say(
                "{template} was edited or removed since {arm} used it. The store keeps its address "
                "({address}), not its text; the messages that were made of it are above.",
                template=template,
                arm=name,
                address=plain.literal(one.address[:12]),
            )
        )
