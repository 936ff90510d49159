"""A run's samples as a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Table

from promptsweep.api import Run
from promptsweep.cli.output import emit, emit_json, excerpt
from promptsweep.cli.views.tables import Column, table
from promptsweep.reports import figures
from promptsweep.reports.browse import RecordRow, page

TEXT_WIDTH = 60
"""Most characters of an input or answer."""


def print_samples(run: Run, arm: str | None, *, wrong: bool, limit: int, json: bool) -> None:
    """Prints the records of an arm (or of all), failures first; with `wrong` no others."""
    rows, total = page(run.store, run.id, arm=arm, wrong=wrong, limit=limit)
    if json:
        emit_json({"run": run.id, "total": total, "records": [asdict(row) for row in rows]})
        return
    for label in dict.fromkeys(row.arm for row in rows):
        emit(label, "", _list([row for row in rows if row.arm == label]), "")
    emit(f"{len(rows)} of {figures.plural(total, 'record')}.")
    if rows:
        emit(f"One in full: promptsweep show {run.id} --sample ID --arm TEXT")


def _list(rows: Sequence[RecordRow]) -> Table:
    metrics = list(dict.fromkeys(name for row in rows for name in row.scores))
    return table(
        [
            Column("sample", [row.sample_id for row in rows], wraps=True),
            Column("input", [excerpt(row.input, TEXT_WIDTH) for row in rows], wraps=True),
            Column("target", [excerpt(" | ".join(row.targets), TEXT_WIDTH) for row in rows], wraps=True),
            Column("answer", [excerpt(row.error or row.answer, TEXT_WIDTH) for row in rows], wraps=True),
            Column("outcome", [row.outcome.value for row in rows]),
            *(Column(name, [_score(row, name) for row in rows], "right") for name in metrics[:1]),
        ]
    )


def _score(row: RecordRow, metric: str) -> str:
    value = row.scores.get(metric)
    return "–" if value is None else f"{value:.2f}"
