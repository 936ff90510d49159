"""Rows into the tables, in the quickest way that each database has; what is stored already stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import ARRAY, Connection, Engine, Table, Text, bindparam, delete, func, literal_column, select

from promptsweep.reports import schema
from promptsweep.reports.rows import Row

Rows = Mapping[str, list[Row]]
"""Table → its rows."""
ORDER = (
    schema.preambles,
    schema.responses,
    schema.samples,
    schema.records,
    schema.scores,
    schema.calls,
)
"""The tables that a run fills; all who write or lock several of them do it in this order."""
NUL = "\u2400"
"""␀: what stands in PostgreSQL for the character 0, which its texts cannot hold."""


def insert_into(dialect: str, table: Table) -> Any:
    """An insert that can say what happens on a conflict, in the words of a database (`dialect.name`)."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table)


def insert_or_ignore(dialect: str, table: Table) -> Any:
    """An insert that leaves existing rows alone."""
    return insert_into(dialect, table).on_conflict_do_nothing()


class Inserter(Protocol):
    """Writes the rows of a run."""

    def write(self, connection: Connection, rows: Rows) -> None:
        """Writes them within a transaction; records with all their scores and calls.

        A record takes the place of an earlier attempt at it that failed.
        """


def inserter(engine: Engine, *, redone: bool = True) -> Inserter:
    """`redone`: earlier attempts at these records may be in the store; on SQLite, looking for them costs."""
    return SQLiteInserter(engine, redone) if engine.dialect.name == "sqlite" else PostgreSQLInserter(engine)


class SQLiteInserter:
    """Inserts compiled once: handing rows straight to the driver takes a third of the time."""

    def __init__(self, engine: Engine, redone: bool):
        self._redone = redone
        self._inserts = {table.name: _Insert.of(table, engine) for table in ORDER}

    def write(self, connection: Connection, rows: Rows) -> None:
        """As `Inserter.write`."""
        if self._redone:
            _remove_records(connection, [row["id"] for row in rows.get("records", ())])
        for table, insert in self._inserts.items():
            if some := rows.get(table):
                insert.run(connection, some)


@dataclass(frozen=True, slots=True)
class _Insert:
    sql: str
    form: Callable[[Row], Any]
    """A row as the driver takes it."""

    @classmethod
    def of(cls, table: Table, engine: Engine) -> _Insert:
        compiled = insert_or_ignore(engine.dialect.name, table).compile(dialect=engine.dialect)
        names = compiled.positiontup
        return cls(str(compiled), itemgetter(*names) if names else lambda row: row)

    def run(self, connection: Connection, rows: list[Row]) -> None:
        connection.exec_driver_sql(self.sql, list(map(self.form, rows)))


class PostgreSQLInserter:
    """One statement a table, however many rows: each column goes as an array.

    Safe where several processes write, even the same run. Rows go in the order of their keys, so that two
    writers wait for each other and do not lock each other out; a record's scores and calls are written by the
    one that wrote the record.
    """

    def __init__(self, engine: Engine):
        self._inserts = {table.name: _ArrayInsert(table, engine) for table in ORDER}

    def write(self, connection: Connection, rows: Rows) -> None:
        """As `Inserter.write`."""
        written: set[int] | None = None
        for table in ORDER:
            some: Sequence[Row] = rows.get(table.name, ())
            if table in {schema.scores, schema.calls} and written is not None:
                some = [row for row in some if row["record"] in written]
            if not some:
                continue
            found = self._inserts[table.name].run(connection, some)
            if table is schema.records:
                written = {row.id for row in found}
                _remove_parts(connection, [row.id for row in found if not row.is_new])


class _ArrayInsert:
    def __init__(self, table: Table, engine: Engine):
        self._key = itemgetter(*(column.name for column in table.primary_key))
        self._texts = {column.name: isinstance(column.type, Text) for column in table.columns}
        arrays = [bindparam(column.name, type_=ARRAY(column.type)) for column in table.columns]
        given = func.unnest(*arrays).table_valued(*(column.name for column in table.columns)).render_derived()
        insert = insert_into(engine.dialect.name, table).from_select(list(self._texts), select(given))
        if table is schema.records:
            renewed = {name: insert.excluded[name] for name in self._texts if name != "id"}
            insert = insert.on_conflict_do_update(
                index_elements=["id"],
                set_=renewed,
                where=schema.records.c.outcome == literal_column("'error'"),
            )
            insert = insert.returning(table.c.id, literal_column("records.xmax = 0").label("is_new"))
        else:
            insert = insert.on_conflict_do_nothing()
        self._sql = str(insert.compile(dialect=engine.dialect))

    def run(self, connection: Connection, rows: Sequence[Row]) -> Any:
        ordered = sorted({self._key(row): row for row in reversed(rows)}.items())
        columns = {
            name: [_storable(row[name]) if is_text else row[name] for _, row in ordered]
            for name, is_text in self._texts.items()
        }
        return connection.exec_driver_sql(self._sql, columns)


def _storable(text: str | None) -> str | None:
    return text if text is None or "\0" not in text else text.replace("\0", NUL)


def _remove_records(connection: Connection, redone: Sequence[int]) -> None:
    """Takes away what earlier, failed attempts at these records left."""
    _remove_parts(connection, redone)
    for some in _portions(redone):
        connection.execute(delete(schema.records).where(schema.records.c.id.in_(some)))


def _remove_parts(connection: Connection, redone: Sequence[int]) -> None:
    for some in _portions(redone):
        for table in (schema.scores, schema.calls):
            connection.execute(delete(table).where(table.c.record.in_(some)))


def _portions(numbers: Sequence[int], size: int = 500) -> list[Sequence[int]]:
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]
