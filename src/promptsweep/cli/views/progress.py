"""How a run goes on, seen on stderr: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from promptsweep.cli.output import console, note
from promptsweep.cli.views.counts import clock, compact
from promptsweep.models.batches import Counts
from promptsweep.reports import figures
from promptsweep.runners import Progress

Observe = Callable[[Progress], None]

LOG_INTERVAL = 10.0
"""Seconds between two lines where stderr is no terminal."""
BATCH_LOG_INTERVAL = 300.0
"""The same for batches, which take hours."""


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
    last, waves = time.monotonic(), 0

    def observe(progress: Progress) -> None:
        nonlocal last, waves
        before, waves = waves, sum(one.waves for one in progress.batches)
        interval = BATCH_LOG_INTERVAL if progress.batches else LOG_INTERVAL
        due = time.monotonic() - last >= interval or waves > before or progress.done == progress.total
        if due and progress.total:
            last = time.monotonic()
            note(status_line(progress))

    return observe


def status_line(progress: Progress) -> str:
    """`120/500 · 12.3/s · 0:31 left · 1.2k tokens · $0.0123 · 40 cached · 2 errors`."""
    parts = [
        f"{progress.done}/{progress.total}",
        *(_batches(progress.batches) if progress.batches else _pace(progress)),
        f"{compact(progress.prompt_tokens + progress.completion_tokens)} tokens",
        _cost(progress),
        f"{progress.cached} cached" if progress.cached else "",
        figures.plural(progress.errors, "error") if progress.errors else "",
    ]
    return " · ".join(part for part in parts if part)


def _pace(progress: Progress) -> Iterator[str]:
    yield f"{progress.rate:.1f}/s"
    left = progress.total - progress.done
    if left and progress.rate:
        yield f"{clock(left / progress.rate)} left"


def _batches(counts: Sequence[Counts]) -> Iterator[str]:
    """`wave 2`, `1 batch at the vendor`, `500 submitted, 120 completed`, … No rate: a batch comes at once."""
    yield f"wave {sum(one.waves for one in counts)}"
    at_vendor = [told for one in counts for told in one.at_vendor.values()]
    yield f"{len(at_vendor)} {'batch' if len(at_vendor) == 1 else 'batches'} at the vendor"
    completed = sum(one.completed for one in counts) + sum(told[0] for told in at_vendor)
    failed = sum(one.failed for one in counts) + sum(told[1] for told in at_vendor)
    yield f"{sum(one.submitted for one in counts):,} submitted, {completed:,} completed"
    if failed:
        yield f"{failed:,} failed"
    waiting = sum(one.waiting for one in counts)
    if waiting:
        yield f"{waiting:,} waiting"


def _cost(progress: Progress) -> str:
    """What was paid so far; a question mark where some prices are unknown."""
    if not progress.unpriced:
        return figures.dollars(progress.cost)
    return f"{figures.dollars(progress.cost)} + ?" if progress.cost else "cost ?"
