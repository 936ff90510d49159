"""What each width of a retrieval was worth, and what it cost."""

from __future__ import annotations

from promptsweep.api import Run
from promptsweep.cli.output import emit, emit_json
from promptsweep.cli.views.tables import Column, table
from promptsweep.reports import figures
from promptsweep.reports.anatomy.widening import Widening, widenings

NONE = (
    "no arm widened: that takes `retrieve` with `widest` above `top`, and a metric of the answer before "
    "those of the passages"
)


def print_widenings(run: Run, arm: str | None, *, json: bool) -> None:
    """Prints score, cost and answers by the passages shown, for each arm that widened."""
    found = widenings(run.store, run.id, arm)
    if json:
        emit_json({"run": run.id, "arms": [one.as_json() for one in found]})
        return
    emit(*([] if found else [NONE]))
    for one in found:
        emit(one.arm, "", _table(one), f"Of {figures.plural(one.used, 'record')}.", "")


def _table(found: Widening) -> object:
    widths = found.widths
    return table(
        [
            Column("passages", [f"≤ {width.passages}" for width in widths], "right"),
            Column(found.metric, [figures.interval(width.score) for width in widths]),
            Column("answered", [f"{width.answered:.0%}" for width in widths], "right"),
            Column("cost a sample", [figures.dollars(width.usd) for width in widths], "right"),
        ]
    )
