"""The ledger as a table, and as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from promptsweep.cli.output import console, emit
from promptsweep.cli.views.counts import compact
from promptsweep.cli.views.tables import Column, fitting
from promptsweep.reports import figures
from promptsweep.reports.ledger import By, Entry, Sum, total
from promptsweep.reports.outside import PAGES
from promptsweep.types import JSON


def ledger_json(lines: Sequence[Entry], by: By, since: date | None) -> dict[str, JSON]:
    """The document that `cost --json` prints."""
    return {
        "by": by,
        "since": None if since is None else since.isoformat(),
        "entries": [_entry_json(line, by) for line in lines],
        "total": _sums_json(total(lines)),
    }


def _entry_json(line: Entry, by: By) -> dict[str, JSON]:
    named = {by: line.name} | ({"sweep": line.sweep} if by == "run" else {})
    return named | _sums_json(line)


def _sums_json(line: Entry) -> dict[str, JSON]:
    return {"new": asdict(line.new), "failed": asdict(line.failed), "saved": asdict(line.saved)}


def print_ledger(lines: Sequence[Entry], by: By) -> None:
    """Prints the lines, and their sum."""
    if not lines:
        emit("The ledger holds no call.")
        return
    emit(*fitting(console().width, *_columns(lines, by)), "")
    whole = total(lines)
    emit(f"{_paid(whole.new)} paid for {figures.plural(whole.new.requests, 'call')}.")
    if whole.saved.requests:
        saved = figures.plural(whole.saved.requests, "call")
        emit(f"{saved} answered from the store, which saved {_paid(whole.saved)}.")
    if whole.failed.requests:
        attempts = figures.plural(whole.failed.requests, "attempt")
        emit(f"{attempts} failed; charged or not, they cost at most {_paid(whole.failed)}.")
    if any(one.unpriced for one in (whole.new, whole.saved, whole.failed)):
        emit("?: calls whose price is unknown; set it under `prices` in runners/models.yaml.")


def _columns(lines: Sequence[Entry], by: By) -> tuple[list[Column], list[Column]]:
    keys = [Column(by, [line.name for line in lines], wraps=by == "model")]
    if by == "run":
        keys.append(Column("sweep", [_sweep(line) for line in lines], wraps=True))
    sums = [
        Column("paid", [_paid(line.new) for line in lines], "right"),
        Column("calls", [f"{line.new.requests:,}" for line in lines], "right"),
        Column("tokens", [compact(line.new.tokens) for line in lines], "right"),
        Column("saved", [_paid(line.saved) for line in lines], "right"),
        Column("stored", [f"{line.saved.requests:,}" for line in lines], "right"),
    ]
    if any(line.failed.requests for line in lines):
        sums.append(Column("failed", [f"{line.failed.requests:,}" for line in lines], "right"))
        sums.append(Column("at most", [_paid(line.failed) for line in lines], "right"))
    return keys, sums


def _sweep(line: Entry) -> str:
    return line.sweep or ("–" if line.name in PAGES else "(removed)")


def _paid(found: Sum) -> str:
    """`$1.20`, `$1.20 + ?` where some prices are unknown, a dash where there is nothing to pay for."""
    if not found.requests:
        return "–"
    if not found.unpriced:
        return figures.dollars(found.usd)
    return f"{figures.dollars(found.usd)} + ?" if found.usd else "?"
