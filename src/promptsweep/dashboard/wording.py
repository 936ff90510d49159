"""Numbers and times in words, in the visitor's language."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import streamlit as st

from promptsweep.dashboard.words import say
from promptsweep.reports import figures


def samples(count: int) -> str:
    """`1 sample`, `2,000 samples`"""
    return say("1 sample") if count == 1 else say("{count} samples", count=f"{count:,}")


def records(count: int) -> str:
    """`1 record`, `2,000 records`"""
    return say("1 record") if count == 1 else say("{count} records", count=f"{count:,}")


def calls(count: int) -> str:
    """`1 call`, `2,000 calls`"""
    return say("1 call") if count == 1 else say("{count} calls", count=f"{count:,}")


def errors(count: int) -> str:
    """`1 error`, `2,000 errors`"""
    return say("1 error") if count == 1 else say("{count} errors", count=f"{count:,}")


def dollars(cost: float | None) -> str:
    """`$0.0123`, `free`; `?` where a price is unknown."""
    return say("free") if cost == 0 else figures.dollars(cost)


def moment(when: datetime, *, year: bool = True) -> str:
    """`2026-11-24 19:05`, by the visitor's clock."""
    there = local(when, st.context.timezone)
    return f"{there:%Y-%m-%d %H:%M}" if year else f"{there:%m-%d %H:%M}"


def local(when: datetime, zone: str | None) -> datetime:
    """The time in a time zone; in this machine's where that is unknown here."""
    return when.astimezone(_zone(zone))


@lru_cache(64)
def _zone(name: str | None) -> ZoneInfo | None:
    """The time zone of this name; None where it is unknown here."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # unknown, no name at all, a folder of names
        return None
