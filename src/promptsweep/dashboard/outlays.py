"""Money: from when on a machine of one's own is cheaper, and what the whole store spent and saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from promptsweep.dashboard import address, costing, downloads, plain, tables, wording
from promptsweep.dashboard.words import say
from promptsweep.reports.break_even import BreakEven, Machine, break_even
from promptsweep.reports.charts.calendar import Amount, Words, calendar
from promptsweep.reports.judging import figure
from promptsweep.reports.spending import Spending, by_model, in_dollars
from promptsweep.reports.usage import Usage

PRICE, CAPACITY = 300, 1_000_000
"""A machine to begin with: US dollars, and calls, a month."""
MOST = 999_999_999
PERIODS = ("30", "90", "365", "all")
"""Days; the first is the default."""


def break_even_of(used: Sequence[Usage], shown: Mapping[str, str]) -> None:
    """Draws the comparison of calls with a machine; nothing where all calls are free."""
    if all(one.usd == 0 for one in used):
        return
    st.subheader(say("Pay by the call, or rent a machine?"), anchor=False)
    left, right, _ = st.columns([1, 1, 2])
    with left:
        price = _number(say("Price of the machine, US$ a month"), "machine", PRICE, 0)
    with right:
        calls = _number(say("Calls it can take a month"), "capacity", CAPACITY, 1)
    found = break_even(used, Machine(price, calls))
    tables.table([_line(one, shown[one.arm]) for one in found])
    downloads.rows([_plain_line(one) for one in found], "break-even")
    st.caption(
        say(
            "Paid by the call, a month costs samples × price of a sample. The machine costs the same "
            "whether it is used or not, so that it is cheaper from price of the machine ÷ price of a sample"
            " on. It can take calls a month ÷ calls of a sample; where it is full before it pays, more "
            "machines do not help. The price covers no work of yours, and supposes that the machine serves "
            "the same model as well."
        )
    )


def _number(label: str, name: str, default: int, least: int) -> int:
    value = min(MOST, max(least, address.number(name, default)))
    bound = address.bound(name, value, default)
    return int(st.number_input(label, min_value=least, max_value=MOST, step=max(1, default // 10), **bound))


def _line(one: BreakEven, label: str) -> dict[str, Any]:
    return {
        say("arm"): label,
        say("US$ for 1,000 samples"): wording.dollars(None if one.usd is None else 1_000 * one.usd),
        say("calls"): figure(one.calls),
        say("machine is cheaper from, samples a month"): _from(one),
        say("it can take, samples a month"): f"{one.most:,}",
    }


def _from(one: BreakEven) -> str:
    if one.usd is None:
        return say("unknown: a price is missing")
    if one.samples is None:
        return say("never: the calls are free") if one.usd == 0 else say("never: it is full before it pays")
    return f"{one.samples:,}"


def _plain_line(one: BreakEven) -> dict[str, Any]:
    return {"arm": one.arm, "usd": one.usd, "calls": one.calls, "samples": one.samples, "most": one.most}


def spending() -> None:
    """Draws the ledger over time."""
    st.subheader(say("Spent and saved: all runs of this store, playground and chat"), anchor=False)
    names = {
        "30": say("Last 30 days"),
        "90": say("Last 90 days"),
        "365": say("Last 365 days"),
        "all": say("All time"),
    }
    with st.columns([1, 3])[0]:
        period = address.pick(say("Period"), "period", list(PERIODS), format_func=names.__getitem__)
    lines = costing.spent(None if period == "all" else int(period))
    if not lines:
        st.info(say("Nothing was sent in this time."), icon=":material/info:")
        return
    dollars = in_dollars(lines)
    words = Words(
        unit=say("US$") if dollars else say("tokens"),
        day=say("day (UTC)"),
        model=say("model"),
        paid=say("new replies"),
        saved=say("saved by stored replies"),
    )
    amounts = [_on_day(one, dollars) for one in lines]
    st.altair_chart(calendar(amounts, words, "$,.3~r" if dollars else ",.3~s"), width="stretch")
    tables.table([_of_model(one) for one in by_model(lines)])
    downloads.rows([_plain_day(one) for one in lines], "spending")
    st.caption(_explained(lines, dollars))


def _on_day(one: Spending, dollars: bool) -> Amount:
    paid, saved = (one.new.usd, one.saved.usd) if dollars else (one.new.tokens, one.saved.tokens)
    texts = [wording.dollars(value) if dollars else f"{value:,}" for value in (paid, saved)]
    return Amount(one.day, plain.cell(one.model), paid, saved, *texts)


def _of_model(one: Spending) -> dict[str, Any]:
    return {
        say("model"): plain.cell(one.model),
        say("new requests"): f"{one.new.requests:,}",
        say("new tokens"): f"{one.new.tokens:,}",
        say("paid"): _money(one.new.usd, one.new.requests, one.new.unpriced),
        say("failed, at most"): _money(one.failed.usd, one.failed.requests, one.failed.unpriced),
        say("requests saved"): f"{one.saved.requests:,}",
        say("saved"): _money(one.saved.usd, one.saved.requests, one.saved.unpriced),
    }


def _money(usd: float, requests: int, unpriced: int) -> str | None:
    """Dollars; with a `?` where some requests have no price, alone where none has."""
    if not requests:
        return None
    if unpriced == requests:
        return "?"
    return wording.dollars(usd) + (" + ?" if unpriced else "")


def _explained(lines: Sequence[Spending], dollars: bool) -> str:
    said = say(
        "A reply is paid once, by the run that asked for it; a run that finds it in the store saves its "
        "price. Bars above the line are new replies, pale ones below it what stored replies saved. Days are"
        " UTC."
    )
    unpriced = sum(part.unpriced for one in lines for part in (one.new, one.saved))
    if not unpriced:
        return said
    missing = say("{requests} requests have no known price (`?`).", requests=f"{unpriced:,}")
    if dollars:
        return f"{said} {missing} {say('They are not in the bars; their tokens are in the table.')}"
    return f"{said} {missing} {say('The bars are tokens for that reason.')}"


def _plain_day(one: Spending) -> dict[str, Any]:
    row: dict[str, Any] = {"day": one.day.isoformat(), "model": one.model}
    for kind, part in (("new", one.new), ("failed", one.failed), ("saved", one.saved)):
        row |= {
            f"{kind}_requests": part.requests,
            f"{kind}_tokens": part.tokens,
            f"{kind}_usd": part.usd,
            f"{kind}_unpriced": part.unpriced,
        }
    return row
