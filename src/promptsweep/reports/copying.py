"""Runs from one store into another, of whichever database; a second time, only what is new.

Run ids, sample ids and the addresses of replies stay. Arms get numbers of the new store, and with them the
records, since a record's number holds its arm's. Memory stays flat: a batch is in memory at once, and each is
a transaction of its own, so that a copy that was interrupted goes on where it is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from promptsweep.errors import ConfigError, IncompleteError
from promptsweep.reports import schema
from promptsweep.reports.calls import origin
from promptsweep.reports.copied_parts import copy_batches, copy_grades, copy_ledger
from promptsweep.reports.copied_replies import Replies
from promptsweep.reports.inserting import inserter
from promptsweep.reports.patience import patiently, reason
from promptsweep.reports.rows import Row, dumps
from promptsweep.reports.store import Store, loads
from promptsweep.types import Status

runs, arms, records, calls, scores = schema.runs, schema.arms, schema.records, schema.calls, schema.scores
BATCH = 1_000
"""Records in memory at once."""
Observe = Callable[["Copied", int, int], None]
"""What looks on: the run as far as it is copied, its records that were looked at, and all of them."""


@dataclass(slots=True)
class Copied:
    """What was copied of a run."""

    run: str
    name: str
    as_run: str
    """Its id in the new store: another one where that had another run of this id already."""
    records: int = 0
    """That were not there before."""
    replies: int = 0


def copy(
    source: Store, target: Store, references: Sequence[str] = (), observe: Observe = lambda *_: None
) -> tuple[list[Copied], int]:
    """Copies runs, the oldest first; without `references` all, with all other replies and ledger lines.

    Returns what was copied of each run, and how many replies that no run needed.

    Records that ended in an error are replaced by later ones without, never the other way round. Raises
    ConfigError for an unknown run and for a store copied into itself, IncompleteError where writing fails.
    """
    if source.url == target.url:
        raise ConfigError(f"{source.url} cannot be copied into itself")
    found = [source.find_run(reference) for reference in references] or _all(source)
    chosen = sorted({row.id: row for row in found}.values(), key=lambda row: (row.created, row.id))
    try:
        renamed: dict[str, str] = {}
        copies = [_Copying(source, target, row, renamed).all(observe) for row in chosen]
        rest = 0
        if not references:
            rest = Replies(source, target, renamed).copy_all()
            copy_ledger(source, target, renamed)
    except DBAPIError as error:
        raise IncompleteError(
            f"the copy failed: {reason(error)}. Repeat the command: it goes on from here"
        ) from None
    return copies, rest


def _all(store: Store) -> list[Any]:
    with store.engine.connect() as connection:
        return list(connection.execute(select(runs)))


class _Copying:
    """One run on its way."""

    def __init__(self, source: Store, target: Store, run: Any, renamed: dict[str, str]):
        self._source, self._target, self._run, self._renamed = source, target, run, renamed
        self._maker = origin(source, run)
        self._identity = renamed[run.id] = patiently(target.engine, self._entered)
        self._arms = patiently(target.engine, self._numbered)
        self._inserter = inserter(target.engine)
        self._replies = Replies(source, target, renamed)
        self.copied = Copied(run.id, run.name, self._identity)

    def all(self, observe: Observe) -> Copied:
        """Copies what the new store lacks."""
        copied, seen, planned = self.copied, 0, self._count()
        for batch in self._batches():
            copied.replies += self._replies.copy_of([row["key"] for row in batch["calls"]], self._maker)
            copied.records += patiently(self._target.engine, partial(self._write, batch))
            seen += len(batch["records"])
            observe(copied, seen, planned)
        copy_ledger(self._source, self._target, self._renamed, self._run.id)
        copy_grades(self._source, self._target, self._renamed, self._run.id, self._arms)
        copy_batches(self._source, self._target, self._renamed, self._run.id)
        patiently(self._target.engine, self._ended)
        return copied

    def _entered(self) -> str:
        """The run's id in the new store; its row is written where it is not there yet."""
        with self._target.engine.begin() as connection:
            number, identity = 1, str(self._run.id)
            while (
                found := connection.execute(select(runs).where(runs.c.id == identity)).first()
            ) is not None:
                if (found.created, found.name) == (self._run.created, self._run.name):
                    return identity
                number += 1
                identity = f"{self._run.id}-{number}"
            row = {**self._run._mapping, "id": identity, "status": Status.INTERRUPTED.value}
            row["sweep"] = self._sweep()
            row["error"] = "being copied from another store"
            connection.execute(insert(runs).values(row))
            return identity

    def _sweep(self) -> str:
        """The run's sweep; a run that scores another one anew names it as it is called in the new store."""
        sweep = loads(self._run.sweep)
        if (before := sweep.get("rescored")) in self._renamed:
            sweep["rescored"] = self._renamed[before]
            return dumps(sweep)
        return str(self._run.sweep)

    def _numbered(self) -> dict[int, int]:
        """Number of an arm in the old store → in the new one; arms are written where they are not there."""
        numbers: dict[int, int] = {}
        with self._target.engine.begin() as connection:
            known = select(arms.c.key, arms.c.id).where(arms.c.run == self._identity)
            present: dict[str, int] = {row.key: row.id for row in connection.execute(known)}
            for arm in self._source.arms(self._run.id):
                if arm.key not in present:
                    row = {**arm._mapping, "run": self._identity}
                    del row["id"]
                    made = connection.execute(insert(arms).values(row)).inserted_primary_key
                    assert made is not None
                    present[arm.key] = made[0]
                numbers[arm.id] = present[arm.key]
        return numbers

    def _ended(self) -> None:
        """Notes how the run ended, unless it went on in the new store. One going on is interrupted there."""
        row = self._run
        status = Status.INTERRUPTED.value if row.status == Status.RUNNING.value else row.status
        values = {"status": status, "updated": row.updated, "error": row.error}
        mine = (runs.c.id == self._identity) & (runs.c.updated <= row.updated)
        with self._target.engine.begin() as connection:
            connection.execute(update(runs).where(mine).values(values))

    def _count(self) -> int:
        with self._source.engine.connect() as connection:
            ranges = [schema.record_range(number) for number in self._arms]
            counts = [select(func.count()).where(records.c.id.between(*one)) for one in ranges]
            return sum(connection.scalar(query) or 0 for query in counts)

    def _batches(self) -> Iterator[Mapping[str, list[Row]]]:
        """The run's rows by table, a batch of records at a time, with the numbers of the new store."""
        for old, new in self._arms.items():
            (low, last), shift = schema.record_range(old), schema.record_id(new - old, 0, 0)
            query = select(records).order_by(records.c.id).limit(BATCH)
            while True:
                with self._source.engine.connect() as connection:
                    found = connection.execute(query.where(records.c.id.between(low, last))).all()
                    if not found:
                        break
                    batch = self._parts(connection, found, shift)
                yield batch
                low = found[-1].id + 1

    def _parts(self, connection: Connection, found: Sequence[Any], shift: int) -> dict[str, list[Row]]:
        span = (found[0].id, found[-1].id)
        batch = {"records": [{**row._mapping, "id": row.id + shift} for row in found]}
        for table in (scores, calls):
            rows = connection.execute(select(table).where(table.c.record.between(*span)))
            batch[table.name] = [{**row._mapping, "record": row.record + shift} for row in rows]
        addresses = list({row.sample for row in found})
        batch["samples"] = _rows(connection, schema.samples, schema.samples.c.digest.in_(addresses))
        return batch

    def _write(self, rows: Mapping[str, list[Row]]) -> int:
        """One transaction; how many records were new, or took the place of failed ones."""
        with self._target.engine.begin() as connection:
            first, last = rows["records"][0]["id"], rows["records"][-1]["id"]
            known = select(records.c.id, records.c.outcome).where(records.c.id.between(first, last))
            outcomes: dict[int, str] = {row.id: row.outcome for row in connection.execute(known)}
            wanted = {
                row["id"]
                for row in rows["records"]
                if row["id"] not in outcomes or (outcomes[row["id"]] == "error" and row["outcome"] != "error")
            }
            if wanted:
                self._inserter.write(connection, _only(rows, wanted))
        return len(wanted)


def _only(rows: Mapping[str, list[Row]], wanted: set[int]) -> dict[str, list[Row]]:
    numbers = {"records": "id", "scores": "record", "calls": "record"}
    return {
        table: [row for row in some if table not in numbers or row[numbers[table]] in wanted]
        for table, some in rows.items()
    }


def _rows(connection: Connection, table: Table, condition: Any) -> list[Row]:
    return [dict(row._mapping) for row in connection.execute(select(table).where(condition))]
