"""Which batches a run has at vendors: noted before they are made, so that none is lost or paid twice."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select, update

from promptsweep.models.batches import Note
from promptsweep.reports.schema import batches, runs
from promptsweep.reports.store import Store, writing

KEY_BYTES = 16


class StoredNotes:
    """Implements `models.batches.Notes` for one run. Raises IncompleteError where nothing can be written."""

    def __init__(self, store: Store, run: str):
        self.run = run
        self._engine = store.engine

    def known(self, model: str) -> list[Note]:
        """The run's batches of a model, the oldest first."""
        query = select(batches).where(batches.c.run == self.run, batches.c.model == model)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(batches.c.created)).all()
        return [Note(row.token, row.batch, _keys(bytes(row.keys)), bool(row.ended)) for row in rows]

    def begin(self, model: str, token: str, keys: Sequence[str]) -> None:
        """Notes a batch that is about to be made."""
        packed = b"".join(map(bytes.fromhex, keys))
        row = {"token": token, "run": self.run, "model": model, "keys": packed, "ended": 0}
        with writing(self._engine) as connection:
            connection.execute(insert(batches).values({**row, "created": time.time()}))

    def created(self, token: str, batch: str) -> None:
        """Adds the vendor's id."""
        with writing(self._engine) as connection:
            connection.execute(update(batches).where(batches.c.token == token).values(batch=batch))

    def ended(self, token: str) -> None:
        """Its replies were handed out."""
        with writing(self._engine) as connection:
            connection.execute(update(batches).where(batches.c.token == token).values(ended=1))

    def remove(self, token: str) -> None:
        """There is no such batch."""
        with writing(self._engine) as connection:
            connection.execute(delete(batches).where(batches.c.token == token))


def forget_ended(store: Store, run: str) -> None:
    """Removes the notes of batches whose replies are in the store: to be called when the run is saved."""
    with writing(store.engine) as connection:
        connection.execute(delete(batches).where(batches.c.run == run, batches.c.ended == 1))


def at_vendor(store: Store, run: str) -> int:
    """How many of a run's batches nobody has the replies of yet."""
    query = select(func.count()).where(batches.c.run == run, batches.c.ended == 0)
    with store.engine.connect() as connection:
        return connection.scalar(query) or 0


def runs_at_vendor(store: Store, name: str) -> list[str]:
    """The ids of a sweep's runs that have such batches, the newest first."""
    known = select(batches.c.run).where(batches.c.ended == 0)
    query = select(runs.c.id).where(runs.c.name == name, runs.c.id.in_(known))
    with store.engine.connect() as connection:
        return list(connection.scalars(query.order_by(runs.c.created.desc())))


def _keys(packed: bytes) -> tuple[str, ...]:
    return tuple(packed[at : at + KEY_BYTES].hex() for at in range(0, len(packed), KEY_BYTES))
