"""What the page Live reads: one watch for each run, whoever looks at it."""

from __future__ import annotations

import os

import streamlit as st

from promptsweep.dashboard import source
from promptsweep.reports import Store, watching
from promptsweep.reports.resuming import resume_command
from promptsweep.reports.watching import Going, Look, Watch


def look(run: str) -> Look:
    """The run as it is now, or as it was a moment ago. Raises ConfigError where it was removed."""
    return _watch(source.store(), run).look()


def going() -> list[Going]:
    """The runs that say they are in progress, the newest first."""
    return watching.going(source.store())


def resume(run: str) -> str | None:
    """The command that goes on with a run; None where it was started from Python."""
    chosen = os.environ.get("PROMPTSWEEP_STORE")
    shown = chosen if chosen and "://" not in chosen else None  # a database's URL may hold a password
    return resume_command(source.store(), run, shown)


@st.cache_resource(show_spinner=False, hash_funcs=source._HASH, max_entries=16)
def _watch(opened: Store, run: str) -> Watch:
    return Watch(opened, run)
