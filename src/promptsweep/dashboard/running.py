"""A run as it goes on: how far it is, how fast, what it costs, what goes wrong, and the figures so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from promptsweep.dashboard import labels, plain, tables, wording
from promptsweep.dashboard.words import say
from promptsweep.reports.charts.whiskers import Whisker, whiskers
from promptsweep.reports.so_far import Limits, SoFar
from promptsweep.reports.watching import ArmProgress, Look


def show(look: Look) -> None:
    """Draws what is known of the run; rates and the figures so far only while it goes on."""
    shown = labels.of_arms(look.arms)
    _progress(look)
    _pace(look)
    _budget(look)
    _arms(look, shown)
    if look.seconds is not None:
        _so_far(look.arms, shown)
    _troubles(look)


def _progress(look: Look) -> None:
    share = look.done / look.planned if look.planned else 0.0
    text = say("{done} of {planned} records", done=f"{look.done:,}", planned=f"{look.planned:,}")
    st.progress(min(1.0, share), text=f"{text} · {_percent(share)}")


def _pace(look: Look) -> None:
    rate, facts = look.pace, {}
    if look.seconds is not None:
        facts = {
            say("Records a second"): _rate(rate.records),
            say("Requests a second"): _rate(rate.requests),
            say("Time left"): _clock(None if look.gone else rate.left),
        }
    facts |= {say("Spent"): _spent(look), say("Errors"): f"{look.errors:,}"}
    for column, (name, value) in zip(st.columns(5), facts.items(), strict=False):
        column.metric(name, value)
    paid, failed, saved = look.ledger.new, look.ledger.failed, look.ledger.saved
    st.caption(
        say(
            "{new} requests answered, {failed} attempts failed, {saved} replies came from the store; "
            "{tokens} tokens were paid by now.",
            new=f"{paid.requests:,}",
            failed=f"{failed.requests:,}",
            saved=f"{saved.requests:,}",
            tokens=f"{paid.tokens + failed.tokens:,}",
        )
    )


def _spent(look: Look) -> str:
    """Dollars; with a question mark for requests whose price is unknown."""
    paid, failed = look.ledger.new, look.ledger.failed
    usd = paid.usd + failed.usd
    if paid.unpriced + failed.unpriced:
        return f"{wording.dollars(usd)} + ?" if usd else "?"
    return wording.dollars(usd)


def _budget(look: Look) -> None:
    """A bar for each limit of the sweep's budget."""
    if not look.budget:
        return
    st.subheader(say("Budget"), anchor=False)
    paid, failed = look.ledger.new, look.ledger.failed
    now = {
        "usd": paid.usd + failed.usd,
        "tokens": paid.tokens + failed.tokens,
        "requests": paid.requests + failed.requests,
        "seconds": look.seconds,
    }
    names = {
        "usd": say("Dollars"),
        "tokens": say("Tokens"),
        "requests": say("Requests"),
        "seconds": say("Time"),
    }
    known = [name for name in names if name in look.budget and now[name] is not None]
    for column, name in zip(st.columns(max(1, len(known))), known, strict=False):
        spent, limit = float(now[name] or 0), float(look.budget[name])
        share = spent / limit if limit else 1.0
        text = say("{spent} of {limit}", spent=_amount(name, spent), limit=_amount(name, limit))
        column.progress(min(1.0, share), text=f"{names[name]} · {text}".replace("$", r"\$"))


def _amount(name: str, amount: float) -> str:
    if name == "usd":
        return f"${amount:,.2f}" if amount >= 0.01 or not amount else f"${amount:.4f}"
    return _clock(amount) if name == "seconds" else f"{amount:,.0f}"


def _arms(look: Look, shown: Mapping[str, str]) -> None:
    st.subheader(say("Arms"), anchor=False)
    bar = st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100, width="medium")
    tables.table([_arm(arm, shown) for arm in look.arms], {say("progress"): bar})


def _arm(arm: ArmProgress, shown: Mapping[str, str]) -> dict[str, Any]:
    attempted = arm.done + arm.errors
    return {
        say("arm"): shown[arm.arm],
        say("progress"): 100 * attempted / arm.planned if arm.planned else 0.0,
        say("done"): f"{attempted:,} / {arm.planned:,}",
        say("errors"): arm.errors,
        say("so far"): None if arm.so_far is None else _value(arm.so_far),
    }


def _value(found: SoFar) -> str:
    return f"{plain.cell(found.metric)} {found.mean:.3f}"


def _so_far(arms: Sequence[ArmProgress], shown: Mapping[str, str]) -> None:
    """A chart for each dataset and metric, and what its whiskers mean."""
    groups: dict[tuple[str, str, Limits], list[tuple[str, SoFar]]] = {}
    for arm in arms:
        if arm.so_far is not None:
            place = (arm.dataset, arm.so_far.metric, arm.so_far.limits)
            groups.setdefault(place, []).append((shown[arm.arm], arm.so_far))
    if not groups:
        return
    st.subheader(say("So far"), anchor=False)
    for (dataset, metric, limits), rows in groups.items():
        title = f"{plain.cell(metric)} · {plain.cell(dataset)}"
        st.altair_chart(whiskers([_whisker(*row) for row in rows], title), width="stretch")
        st.caption(_meaning(limits))


def _whisker(label: str, one: SoFar) -> Whisker:
    return Whisker(label, one.mean, one.low, one.high, f"{one.mean:.2f} [{one.low:.2f}, {one.high:.2f}]")


def _meaning(limits: Limits) -> str:
    if limits == "anytime":
        return say(
            "Samples are asked in random order, so these 95 % intervals (betting confidence sequences) hold "
            "at every look, however often you look."
        )
    if limits == "certain":
        return say(
            "Samples are asked in the order of the file, so what is done is no random part of it, and no "
            "confidence interval holds yet. The whiskers are certain instead: where the mean will end if "
            "everything that is missing scores 0, and if it scores 1."
        )
    return say("This metric is not bound to 0 to 1, so nothing can be said yet of where its mean will end.")


def _troubles(look: Look) -> None:
    if not look.troubles:
        return
    st.subheader(say("Errors by kind"), anchor=False)
    names = {
        "rate limit": say("Rate limit"),
        "time-out": say("Time-out"),
        "connection": say("Connection"),
        "server": say("Server"),
        "strategy": say("Strategy"),
        "request": say("Request refused"),
        "other": say("Other"),
    }
    tables.table(
        [
            {
                say("kind"): names[one.kind],
                say("records"): one.records,
                say("example"): plain.cell(one.example),
            }
            for one in look.troubles
        ],
        {say("example"): st.column_config.TextColumn(width="large")},
    )


def seen(look: Look) -> str:
    """The time of a look, by the visitor's clock."""
    return f"{wording.local(datetime.fromtimestamp(look.at, UTC), st.context.timezone):%H:%M:%S}"


def _rate(value: float | None) -> str:
    if value is None:
        return tables.ABSENT
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _clock(seconds: float | None) -> str:
    """`0:31`, `1:02:03`"""
    if seconds is None:
        return tables.ABSENT
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
