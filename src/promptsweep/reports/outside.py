"""What is spent outside of runs, by the dashboard's playground and chat: the ledger holds it all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from promptsweep.reports.ledger import Kind, Tally
from promptsweep.reports.store import Store
from promptsweep.reports.writer import Writer
from promptsweep.runners.costs import Cost
from promptsweep.runners.gateway import Enter

PLAYGROUND: Final = "(playground)"
CHAT: Final = "(chat)"
PAGES: Final = (PLAYGROUND, CHAT)
"""What stands in the ledger in place of a run's id; an id begins with a date."""


@asynccontextmanager
async def entering(store: Store, page: str) -> AsyncIterator[Enter]:
    """Gives what enters costs under one of PAGES: each within a moment, the last before this is left.

    What was entered is written also where the work is cancelled. Raises IncompleteError where the store
    cannot be written.
    """
    tally = Tally(page)
    writer: Writer[None] = Writer(
        store.engine, lambda _: {}, lambda _: tally.written(), tally.write, redone=False
    )

    def enter(kind: Kind, model: str, cost: Cost) -> None:
        tally.add(kind, model, cost)
        writer.put(None)

    try:
        yield enter
    finally:
        await asyncio.to_thread(writer.close)
