"""Numbers, times and terms in words, in the visitor's language."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import streamlit as st

from promptsweep.dashboard.words import spoken
from promptsweep.reports import counts, figures, terms

samples, records, errors = spoken(counts.samples), spoken(counts.records), spoken(counts.errors)
calls = spoken(counts.calls)
status, outcome, verdict = spoken(terms.status), spoken(terms.outcome), spoken(terms.verdict)
dollars = spoken(figures.dollars)


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
