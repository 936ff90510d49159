"""Runs that use the same endpoint at the same time divide its rates; in the store each says it is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.exc import DBAPIError

from promptsweep.models import Model
from promptsweep.models.batches import BatchModel
from promptsweep.reports import schema
from promptsweep.reports.inserting import insert_or_ignore
from promptsweep.reports.store import Store
from promptsweep.types import digest

INTERVAL = 0.5
"""Seconds between two signs of life."""
EXPIRY = 10.0
"""Seconds without one after which a run is taken for gone."""

table = schema.leases


def renew(store: Store, run: str, models: Sequence[str]) -> list[int]:
    """Notes that a run uses models (by their digests); returns how many runs use each now."""
    with store.engine.begin() as connection:
        now = clock(connection)
        alive = table.c.seen.between(now - EXPIRY, now + EXPIRY)  # not ahead either: clocks are set back
        connection.execute(delete(table).where((table.c.run == run) | ~alive))
        rows = [{"model": model, "run": run, "seen": now} for model in dict.fromkeys(models)]
        connection.execute(insert_or_ignore(connection.dialect.name, table), rows)
        counted = select(table.c.model, func.count()).where(table.c.model.in_(models)).group_by(table.c.model)
        users = {row[0]: row[1] for row in connection.execute(counted)}
    return [users.get(model, 1) for model in models]


def clock(connection: Connection) -> float:
    """Seconds since 1970; where several machines share a store, by its server's clock."""
    if connection.dialect.name == "postgresql":
        return float(connection.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0.0)
    return time.time()


def release(store: Store, run: str) -> None:
    """The run is over: the others get its part at once."""
    with store.engine.begin() as connection:
        connection.execute(delete(table).where(table.c.run == run))


def last_seen(store: Store, runs: Sequence[str]) -> Mapping[str, float]:
    """Run → when it last gave a sign of life, in seconds since 1970.

    Absent are runs that ended, that use recordings alone, or whose old sign another run cleared away.
    """
    query = select(table.c.run, func.max(table.c.seen)).where(table.c.run.in_(runs)).group_by(table.c.run)
    with store.engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def _renewed(store: Store, run: str, models: Sequence[str]) -> list[int] | None:
    """As `renew`; None where the store is away for a moment. If it stays away, the writer says so."""
    try:
        return renew(store, run, models)
    except DBAPIError:
        return None


async def share_rates(store: Store, run: str, models: Sequence[Model]) -> None:
    """Keeps every model's limiter at this run's part of the rates, until cancelled."""
    digests = [_rates_of(model) for model in models]
    known: list[int] = []
    news = 0
    try:
        while True:
            users = await asyncio.to_thread(_renewed, store, run, digests) or known or [1] * len(models)
            news, known = 2 if users != known else news - 1, users
            if (
                news > 0
            ):  # and once more, when the others have heard it too: refusals until then are forgotten
                for model, count in zip(models, users, strict=True):
                    model.limiter.share = 1 / count
            await asyncio.sleep(INTERVAL)
    finally:
        for model in models:
            model.limiter.share = 1.0
        release(store, run)


def _rates_of(model: Model) -> str:
    """Whose rates a model uses: batches have rates apart from live calls."""
    return digest("batch", model.digest) if isinstance(model, BatchModel) else model.digest
