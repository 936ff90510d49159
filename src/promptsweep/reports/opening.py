"""Opens stores: a SQLite file, or a PostgreSQL database; makes their tables, or brings them up to date."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from promptsweep.errors import ConfigError, MissingExtraError, unknown
from promptsweep.reports import schema
from promptsweep.reports.store import Store
from promptsweep.workspace import Workspace

PATIENCE = 30.0
"""Seconds to wait for a SQLite store that another process has locked, where its URL has no `timeout`."""
MIGRATIONS: Mapping[int, Callable[[Connection], None]] = {1: schema.grades.create}
"""Version → what makes a store of that version one of the next."""


def open_store(workspace: Workspace, url: str | None = None, *, create: bool = True) -> Store:
    """Opens the workspace's store, or the one at `url` (a database URL or the path of a SQLite file).

    A SQLite URL may say how many seconds to wait while another process locks it: `sqlite:///a.db?timeout=5`.

    Raises ConfigError for a store that is absent (unless `create`), unreadable, or of a newer version.
    """
    where = url or str(workspace.store_path)
    address = _address(where)
    path = Path(address.database or "") if address.get_backend_name() == "sqlite" else None
    shown = address.render_as_string(hide_password=True) if "://" in where else where
    if path is not None and not path.exists():
        if not create:
            raise ConfigError(f"no store at {path}: promptsweep run SWEEP makes one")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"cannot be used as a store: {error.strerror}", path=shown) from None
    engine = _engine(address) if path is None else _sqlite(address)
    try:
        _prepare(engine, shown)
    except DBAPIError as error:
        raise ConfigError(
            f"cannot be used as a store: {str(error.orig).splitlines()[0]}", path=shown
        ) from None
    return Store(engine, where)


@contextlib.contextmanager
def known_store(workspace: Workspace, url: str | None = None) -> Iterator[Store | None]:
    """The open store where there is one that can be used, else None; nothing is created."""
    try:
        store = open_store(workspace, url, create=False)
    except ConfigError:
        yield None
        return
    with contextlib.closing(store):
        yield store


def _address(where: str) -> URL:
    if "://" not in where:
        return URL.create("sqlite", database=where)
    try:
        return make_url(where.replace("postgresql://", "postgresql+psycopg://", 1))
    except ArgumentError:
        raise _unknown(where) from None


def _engine(address: URL) -> Engine:
    try:
        return create_engine(address)
    except ImportError:
        raise MissingExtraError("a PostgreSQL store", "postgres") from None
    except ArgumentError:
        raise _unknown(address.drivername) from None


def _unknown(where: str) -> ConfigError:
    return ConfigError(unknown("kind of store", where.partition("://")[0], ["postgresql", "sqlite"]))


def _sqlite(address: URL) -> Engine:
    patience = {} if "timeout" in address.query else {"timeout": PATIENCE}
    engine = create_engine(address, poolclass=NullPool, connect_args=patience)

    @event.listens_for(engine, "connect")
    def _(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin as we say below, tables included
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        alone = connection.get_execution_options().get("alone", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if alone else "BEGIN")

    return engine


def _prepare(engine: Engine, where: str) -> None:
    """Makes the tables, or brings those of an older version up to date; one process at a time."""
    with engine.connect() as connection:
        if _version(connection, where) == schema.VERSION:
            return
    with engine.connect().execution_options(alone=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7071)")
        found = _version(connection, where)
        if found is None:
            schema.metadata.create_all(connection)
            connection.execute(insert(schema.meta).values(key="schema", value=str(schema.VERSION)))
            return
        for version in range(found, schema.VERSION):
            MIGRATIONS[version](connection)
        connection.execute(update(schema.meta).values(value=str(schema.VERSION)))


def _version(connection: Connection, where: str) -> int | None:
    """The store's schema version, None where there are no tables yet; ConfigError for a newer one."""
    if not inspect(connection).has_table("meta"):
        return None
    query = select(schema.meta.c.value).where(schema.meta.c.key == "schema")
    found = int(connection.execute(query).scalar_one())
    if found > schema.VERSION:
        raise ConfigError(
            f"the store was written by a newer promptsweep (schema {found}, this one knows "
            f"{schema.VERSION}): pip install -U promptsweep",
            path=where,
        )
    return found
