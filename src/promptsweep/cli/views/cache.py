"""The stored replies in figures, and why one was not found."""

from __future__ import annotations

from promptsweep.cli.output import emit
from promptsweep.cli.views.counts import compact
from promptsweep.cli.views.tables import Column, table
from promptsweep.reports import figures
from promptsweep.reports.cache import CacheStats, Hit, Miss
from promptsweep.types import Request


def print_stats(stats: CacheStats) -> None:
    """Prints the replies of each model, and what they saved."""
    models = stats.by_model
    if models:
        columns = [
            Column("model", [one.model for one in models], wraps=True),
            Column("replies", [f"{one.responses:,}" for one in models], "right"),
            Column("text", [f"{compact(one.text_bytes)}B" for one in models], "right"),
            Column("cost", [figures.dollars(one.cost) for one in models], "right"),
            Column("oldest", [f"{one.oldest.astimezone():%Y-%m-%d}" for one in models]),
            Column("newest", [f"{one.newest.astimezone():%Y-%m-%d}" for one in models]),
        ]
        emit(table(columns), "")
    emit(f"{stats.responses:,} stored, {compact(stats.text_bytes)}B of text.")
    saved = f", which saved {figures.dollars(stats.saved_cost)}" if stats.saved_cost else ""
    emit(f"{figures.plural(stats.saved_requests, 'call')} answered from here{saved}.")


def print_explanation(request: Request, found: Hit | Miss) -> None:
    """Prints whether a request is stored, or the fields in which the nearest stored one differs."""
    emit(f"request {request.key} to {request.model}")
    if isinstance(found, Hit):
        emit(f"stored since {found.created.astimezone():%Y-%m-%d %H:%M}: a run takes this reply.")
    elif found.nearest is None:
        emit("not stored: the store holds no reply at all.")
    else:
        emit(f"not stored. The nearest stored request ({found.nearest.key}) differs in:")
        for one in found.differences:
            emit(f"  {one.field}", f"    stored  {one.stored!r}", f"    wanted  {one.wanted!r}")
