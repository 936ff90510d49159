"""What was copied from one store into another, and how far it is meanwhile."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence

from rich.progress import BarColumn, Progress, TextColumn

from promptsweep.cli.output import console, emit, note
from promptsweep.cli.views.tables import Column, table
from promptsweep.reports import figures
from promptsweep.reports.copying import Copied, Observe
from promptsweep.types import JSON

LOG_INTERVAL = 10.0
"""Seconds between two lines where stderr is no terminal."""


def print_copies(target: str, copies: Sequence[Copied], others: int) -> None:
    """Prints what was copied of each run."""
    if copies:
        columns = [
            Column("run", [one.run for one in copies]),
            Column("sweep", [one.name for one in copies], wraps=True),
            Column("new records", [f"{one.records:,}" for one in copies], "right"),
            Column("new replies", [f"{one.replies:,}" for one in copies], "right"),
        ]
        emit(table(columns), "")
    for one in copies:
        if one.as_run != one.run:
            emit(f"{one.run} is {one.as_run} there: another run had its id.")
    records, replies = sum(one.records for one in copies), sum(one.replies for one in copies) + others
    count = figures.plural(len(copies), "run")
    emit(
        f"{count} in {target}: {figures.plural(records, 'new record')}, "
        f"{replies:,} new {'reply' if replies == 1 else 'replies'}."
    )


def copies_json(source: str, target: str, copies: Sequence[Copied], others: int) -> JSON:
    """The same as data; `other_replies` are those that no copied run needed."""
    found: list[JSON] = [
        {
            "run": one.run,
            "name": one.name,
            "as": one.as_run,
            "new_records": one.records,
            "new_replies": one.replies,
        }
        for one in copies
    ]
    return {"from": source, "to": target, "runs": found, "other_replies": others}


@contextlib.contextmanager
def watching_copies(*, quiet: bool) -> Iterator[Observe]:
    """A bar on a terminal, a line now and then in a log."""
    if quiet:
        yield lambda *_: None
    elif sys.stderr.isatty():
        text = TextColumn("{task.description}", markup=False)
        with Progress(BarColumn(bar_width=16), text, console=console(stderr=True)) as bar:
            task = bar.add_task("", total=None)
            yield lambda run, seen, of: bar.update(
                task, total=of, completed=seen, description=_line(run, seen, of)
            )
    else:
        yield _lines()


def _lines() -> Observe:
    last = time.monotonic()

    def observe(run: Copied, seen: int, planned: int) -> None:
        nonlocal last
        if time.monotonic() - last >= LOG_INTERVAL:
            last = time.monotonic()
            note(_line(run, seen, planned))

    return observe


def _line(run: Copied, seen: int, planned: int) -> str:
    return f"{run.run} {run.name}: {seen:,}/{planned:,} records"
