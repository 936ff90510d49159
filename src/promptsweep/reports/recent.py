"""What runs used lately."""

from __future__ import annotations

from sqlalchemy import func, select

from promptsweep.reports import schema
from promptsweep.reports.store import Store

arms, runs = schema.arms, schema.runs


def recent_models(store: Store, most: int) -> list[str]:
    """The models of the store's runs, as sweeps name them; the one used last comes first."""
    last = func.max(runs.c.created)
    query = select(arms.c.model).join(runs, runs.c.id == arms.c.run)
    query = query.group_by(arms.c.model).order_by(last.desc(), arms.c.model).limit(most)
    with store.engine.connect() as connection:
        return list(connection.scalars(query))
