"""Lines of the ledger, grades, duels and notes of batches from one store into another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, select

from promptsweep.reports import schema
from promptsweep.reports.inserting import insert_into, insert_or_ignore
from promptsweep.reports.patience import patiently
from promptsweep.reports.rows import Row
from promptsweep.reports.store import Store, writing

ledger, grades, duels = schema.ledger, schema.grades, schema.duels


def copy_ledger(source: Store, target: Store, renamed: Mapping[str, str], run: str | None = None) -> None:
    """Copies a run's lines, or all, those of removed runs too; a line that counts more stays."""
    query = select(ledger) if run is None else select(ledger).where(ledger.c.run == run)
    with source.engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(query)]
    for row in rows:
        row["run"] = renamed.get(row["run"], row["run"])
    _put(target, ledger, rows, "requests")


def copy_batches(source: Store, target: Store, renamed: Mapping[str, str], run: str) -> None:
    """Copies what a run has at vendors, so that the copy, resumed, pays for none of it again."""
    batches = schema.batches
    with source.engine.connect() as connection:
        query = select(batches).where(batches.c.run == run)
        rows = [{**row._mapping, "run": renamed.get(run, run)} for row in connection.execute(query)]
    if rows:
        with writing(target.engine) as connection:
            connection.execute(insert_or_ignore(connection.dialect.name, batches), rows)


def copy_grades(
    source: Store, target: Store, renamed: Mapping[str, str], run: str, arms: Mapping[int, int]
) -> None:
    """Copies a run's grades and duels; of two by one grader the later stays. `arms`: old number → new one."""
    for table in (grades, duels):
        with source.engine.connect() as connection:
            rows = [dict(row._mapping) for row in connection.execute(select(table).where(table.c.run == run))]
        _put(
            target, table, [_of_arms({**row, "run": renamed.get(run, run)}, arms) for row in rows], "created"
        )


def _of_arms(row: Row, arms: Mapping[int, int]) -> Row:
    """The grade or duel with the new numbers, of two arms the smaller first, as `grades.Subject` has them."""
    first, other = arms[row["arm"]], arms.get(row["other"], 0)
    if other and other < first:
        first, other = other, first
        if "value" in row:
            row["value"] = -row["value"]
        else:
            row["straight"], row["turned"] = _turned(row["turned"]), _turned(row["straight"])
    return {**row, "arm": first, "other": other}


def _turned(vote: int | None) -> int | None:
    return None if vote is None else -vote


def _put(target: Store, table: Table, rows: list[Row], newer: str) -> None:
    """Writes rows in one transaction; of two with a key the one stays that has more in the column `newer`."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    others = [column.name for column in table.columns if not column.primary_key]

    def write() -> None:
        with target.engine.begin() as connection:
            statement: Any = insert_into(connection.dialect.name, table)
            values = {name: statement.excluded[name] for name in others}
            more = table.c[newer] < statement.excluded[newer]
            connection.execute(
                statement.on_conflict_do_update(index_elements=keys, set_=values, where=more), rows
            )

    patiently(target.engine, write)
