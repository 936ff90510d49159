"""Replies from one store into another: each once, and every run there goes on reading what it read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, select, tuple_

from promptsweep.reports import schema
from promptsweep.reports.inserting import inserter
from promptsweep.reports.patience import patiently
from promptsweep.reports.rows import Row
from promptsweep.reports.store import Store

responses, preambles = schema.responses, schema.preambles
BATCH = 500
"""Replies in memory at once."""
BEHIND = 0.001
"""Seconds by which a reply is younger than the one that is there already: the oldest counts."""


class Replies:
    """Copies replies; `renamed` maps runs to the ids that they have in the new store."""

    def __init__(self, source: Store, target: Store, renamed: Mapping[str, str]):
        self._source, self._target, self._renamed = source, target, renamed
        self._inserter = inserter(target.engine, redone=False)

    def copy_of(self, keys: Sequence[str], maker: str) -> int:
        """Copies the replies that the run `maker` read, of these keys; returns how many were not there.

        Where the new store has another reply to a request, this one is the run's own, like a fresh run's.
        """
        copied = 0
        own, distinct = self._renamed.get(maker, maker), sorted(set(keys))
        for start in range(0, len(distinct), BATCH):
            some = distinct[start : start + BATCH]
            with self._source.engine.connect() as connection:
                found = _by_key(connection, some)
            read = [min(rows, key=lambda row: (row.version != maker, row.created)) for rows in found.values()]
            copied += self._put(read, lambda row: self._renamed.get(row.version, row.version), own)
        return copied

    def copy_all(self) -> int:
        """Copies all replies that the new store lacks, of runs or not; returns how many."""
        copied = 0
        for rows in self._all():
            copied += self._put(rows, lambda row: self._renamed.get(row.version, row.version), None)
        return copied

    def _all(self) -> Iterator[Sequence[Any]]:
        place = tuple_(responses.c.key, responses.c.version)
        query = select(responses).order_by(responses.c.key, responses.c.version).limit(BATCH)
        after = ("", "")
        while True:
            with self._source.engine.connect() as connection:
                rows = connection.execute(query.where(place > after)).all()
            if not rows:
                return
            yield rows
            after = (rows[-1].key, rows[-1].version)

    def _put(self, rows: Sequence[Any], version: Any, own: str | None) -> int:
        """One transaction. `own`: the version of a reply where the new store holds another."""

        def write() -> int:
            with self._target.engine.begin() as connection:
                there = _by_key(connection, [row.key for row in rows])
                wanted = [
                    made for row in rows if (made := _fitted(row, version(row), own, there.get(row.key)))
                ]
                if wanted:
                    self._inserter.write(connection, {"preambles": shared, "responses": wanted})
            return len(wanted)

        with self._source.engine.connect() as connection:
            used = preambles.c.id.in_({row.preamble for row in rows})
            shared = [dict(row._mapping) for row in connection.execute(select(preambles).where(used))]
        return patiently(self._target.engine, write) if rows else 0


def _by_key(connection: Connection, keys: Sequence[str]) -> dict[str, list[Any]]:
    """The replies to each key, the oldest first."""
    query = select(responses).where(responses.c.key.in_(keys))
    rows = connection.execute(query.order_by(responses.c.key, responses.c.created)).all()
    return {key: list(some) for key, some in groupby(rows, attrgetter("key"))}


def _fitted(row: Any, version: str, own: str | None, there: Sequence[Any] | None) -> Row | None:
    """The row to write beside those that are there; None where it is among them."""
    made = {**row._mapping, "version": version}
    if not there:
        return made
    taken, oldest = {other.version for other in there}, there[0]
    if version in taken or not version:
        if own is None or own in taken or oldest.text == row.text:
            return None
        made["version"] = own
    return {**made, "created": max(row.created, oldest.created + BEHIND)}
