"""How a run goes on, seen on stderr: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from promptsweep.cli.output import console, note
from promptsweep.cli.views.counts import clock, compact
from promptsweep.reports import figures
from promptsweep.runners import Progress

Observe = Callable[[Progress], None]

LOG_INTERVAL = 10.0
"""Seconds between two lines where stderr is no terminal."""


@contextlib.contextmanager
def watching(*, quiet: bool) -> Iterator[Observe | None]:
    """What looks at a run's progress and shows it; None where nothing is to be shown."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar() as observe:
            yield observe
    else:
        yield _lines()


@contextlib.contextmanager
def _bar() -> Iterator[Observe]:
    text = TextColumn("{task.description}", markup=False)
    with Bar(BarColumn(bar_width=16), text, console=console(stderr=True), auto_refresh=False) as bar:
        task = bar.add_task("", total=None)

        def observe(progress: Progress) -> None:
            line = status_line(progress)
            bar.update(task, total=progress.total, completed=progress.done, description=line, refresh=True)

        yield observe


def _lines() -> Observe:
    last = time.monotonic()

    def observe(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= LOG_INTERVAL or progress.done == progress.total:
            last = time.monotonic()
            note(status_line(progress))

    return observe


def status_line(progress: Progress) -> str:
    """`120/500 · 12.3/s · 0:31 left · 1.2k tokens · $0.0123 · 40 cached · 2 errors`."""
    left = progress.total - progress.done
    parts = [
        f"{progress.done}/{progress.total}",
        f"{progress.rate:.1f}/s",
        f"{clock(left / progress.rate)} left" if left and progress.rate else "",
        f"{compact(progress.prompt_tokens + progress.completion_tokens)} tokens",
        _cost(progress),
        f"{progress.cached} cached" if progress.cached else "",
        figures.plural(progress.errors, "error") if progress.errors else "",
    ]
    return " · ".join(part for part in parts if part)


def _cost(progress: Progress) -> str:
    """What was paid so far; a question mark where some prices are unknown."""
    if not progress.unpriced:
        return figures.dollars(progress.cost)
    return f"{figures.dollars(progress.cost)} + ?" if progress.cost else "cost ?"
