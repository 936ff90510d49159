"""What all runs of a store spent and saved, by day and model: the ledger over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select

from promptsweep.reports import schema
from promptsweep.reports.ledger import AUTHORISED, Sum
from promptsweep.reports.store import Store

table = schema.ledger


@dataclass(frozen=True, slots=True)
class Spending:
    """A model's sums of a day, or of several."""

    day: date
    """UTC; the first one where there are several."""
    model: str
    """As sweeps name it."""
    new: Sum = field(default_factory=Sum)
    """Replies that were paid."""
    failed: Sum = field(default_factory=Sum)
    """Attempts that gave no reply, at what they may have cost at most."""
    saved: Sum = field(default_factory=Sum)
    """Replies that came from the store, at what they cost when they were made."""


def spendings(store: Store, since: date | None = None) -> list[Spending]:
    """The ledger from the day `since` on, by day, then by model."""
    columns = ("requests", "tokens", "usd", "unpriced")
    sums = [func.sum(table.c[name]).label(name) for name in columns]
    query = select(table.c.day, table.c.model, table.c.kind, *sums).where(table.c.kind != AUTHORISED)
    if since is not None:
        query = query.where(table.c.day >= since.isoformat())
    query = query.group_by(table.c.day, table.c.model, table.c.kind)
    found: dict[tuple[str, str], dict[str, Sum]] = {}
    with store.engine.connect() as connection:
        for row in connection.execute(query):
            kinds = found.setdefault((row.day, row.model), {})
            kinds[row.kind] = Sum(int(row.requests), int(row.tokens), float(row.usd), int(row.unpriced))
    return [Spending(date.fromisoformat(day), model, **found[day, model]) for day, model in sorted(found)]


def by_model(lines: Iterable[Spending]) -> list[Spending]:
    """A line for each model, the dearest first."""
    found: dict[str, Spending] = {}
    for line in lines:
        before = found.get(line.model)
        found[line.model] = line if before is None else _plus(before, line)
    return sorted(found.values(), key=lambda line: (-line.new.usd, -line.new.tokens, line.model))


def in_dollars(lines: Sequence[Spending]) -> bool:
    """Whether any request has a price; where none has, tokens tell more."""
    return any(part.usd for line in lines for part in (line.new, line.failed, line.saved))


def _plus(one: Spending, other: Spending) -> Spending:
    return Spending(
        min(one.day, other.day),
        one.model,
        one.new.plus(other.new),
        one.failed.plus(other.failed),
        one.saved.plus(other.saved),
    )
