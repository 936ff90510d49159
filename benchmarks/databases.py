"""Records a second into a SQLite file and into PostgreSQL, by the ways there are to insert many rows.

`python benchmarks/databases.py postgresql://me@127.0.0.1/empty` (about a minute) makes a store in an empty
database, fills it, and prints a table for this folder's README. Ours is `reports.inserting`: a statement a
table, each column an array. The other ways are those that a driver offers: `executemany` (pipelined by
psycopg), rows of values in one statement, and COPY into a temporary table.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, text
from stores import _planned, _records, samples_of

from promptsweep import api
from promptsweep.reports import Store, open_store
from promptsweep.reports.inserting import ORDER, insert_or_ignore, inserter
from promptsweep.reports.rows import call_rows, preamble_row, record_row, response_row, sample_row, score_rows
from promptsweep.workspace import Workspace

ROUNDS = 3
TOGETHER = 300
"""Records of one transaction: what a run of 10,000 a second makes in 30 ms."""
Rows = Mapping[str, list[dict[str, Any]]]
Write = Callable[[Connection, Rows], None]


def measure(store: Store, folder: Path, name: str, write: Write, count: int) -> tuple[float, float]:
    """Records a second, and CPU of this process in µs a record: the best of the rounds."""
    best, least = 0.0, float("inf")
    for number in range(ROUNDS):
        batches = _batches(store, folder / f"{name}-{number}", count, f"{name}-{number}")
        began, busy = time.perf_counter(), time.process_time()
        for rows in batches:
            with store.engine.begin() as connection:
                write(connection, rows)
        best = max(best, count / (time.perf_counter() - began))
        least = min(least, (time.process_time() - busy) / count)
    return best, least * 1e6


def _batches(store: Store, root: Path, count: int, seed: str) -> list[Rows]:
    """A new run's rows, as its sink makes them."""
    plan = _planned(root, "made", 1, count)
    run = store.begin(plan, False, api.versions())
    [arm] = store.arms(run)
    batches: list[Rows] = []
    for request, record in _records(plan.arms[0].arm, samples_of(count), 0.7, Random(seed)):
        if not batches or len(batches[-1]["records"]) == TOGETHER:
            batches.append({table.name: [] for table in ORDER})
        row, rows = record_row(record, arm.id), batches[-1]
        preamble = preamble_row(request)
        if record.calls[0].completion is not None:
            made = response_row(request, record.calls[0].completion, preamble["id"], seed)
            rows["responses"].append(made)
        rows["preambles"][:] = [preamble]
        rows["samples"].append(sample_row(record.sample))
        rows["records"].append(row)
        rows["scores"] += score_rows(record, row["id"], {"accuracy": 0})
        rows["calls"] += call_rows(record, row["id"])
    return batches


def one_by_one(connection: Connection, rows: Rows) -> None:
    """`executemany`."""
    for table in ORDER:
        compiled = str(insert_or_ignore(connection.dialect.name, table).compile(dialect=connection.dialect))
        if rows[table.name]:
            connection.exec_driver_sql(compiled, rows[table.name])


def of_values(connection: Connection, rows: Rows) -> None:
    """Rows of values in one statement."""
    for table in ORDER:
        if rows[table.name]:
            connection.execute(insert_or_ignore(connection.dialect.name, table).values(rows[table.name]))


def copied(connection: Connection, rows: Rows) -> None:
    """COPY into a temporary table, and from there."""
    cursor = connection.connection.cursor()
    for table in ORDER:
        some, names = rows[table.name], [column.name for column in table.columns]
        if not some:
            continue
        like = (
            f"CREATE TEMPORARY TABLE IF NOT EXISTS new_{table.name} (LIKE {table.name}) ON COMMIT DELETE ROWS"
        )
        connection.execute(text(like))
        with cursor.copy(f"COPY new_{table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for row in some:
                copy.write_row([row[name] for name in names])
        connection.execute(
            text(f"INSERT INTO {table.name} SELECT * FROM new_{table.name} ON CONFLICT DO NOTHING")
        )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="an empty PostgreSQL database")
    parser.add_argument("--records", type=int, default=9_000, help="of each round")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as closing:
        folder = Path(name)
        sqlite = open_store(Workspace(folder), str(folder / "store.db"))
        server = open_store(Workspace(folder), given.url)
        for store in (sqlite, server):
            closing.callback(store.close)
        ways: list[tuple[str, Store, Write]] = [
            ("SQLite, a file", sqlite, inserter(sqlite.engine, redone=False).write),
            ("PostgreSQL: arrays (ours)", server, inserter(server.engine).write),
            ("PostgreSQL: executemany", server, one_by_one),
            ("PostgreSQL: rows of values", server, of_values),
            ("PostgreSQL: COPY, then insert", server, copied),
        ]
        print("| into | records/s | µs of CPU a record |", "|---|--:|--:|", sep="\n")
        for way, store, write in ways:
            safe = "".join(letter if letter.isalnum() else "-" for letter in way)
            rate, busy = measure(store, folder, safe, write, given.records)
            print(f"| {way} | {rate:,.0f} | {busy:.0f} |", flush=True)


if __name__ == "__main__":
    main()
