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
from promptsweep.reports.patience import OPTION, SERVER_PATIENCE, reason
from promptsweep.reports.store import Store
from promptsweep.urls import DATABASES, shown, without_secrets
from promptsweep.workspace import Workspace

PATIENCE = 30.0
"""Seconds to wait for a SQLite store that another process has locked, where its URL has no `timeout`."""
ALIVE: Mapping[str, int] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
"""libpq's options by which a server that is gone without a word is noticed; the URL may say otherwise."""
MIGRATIONS: Mapping[int, Callable[[Connection], None]] = {
    1: schema.grades.create,
    2: schema.to_version_3,
}
"""Version → what makes a store of that version one of the next."""


def open_store(workspace: Workspace, url: str | None = None, *, create: bool = True) -> Store:
    """Opens the workspace's store, or the one at `url` (a database URL or the path of a SQLite file).

    A URL may say for how many seconds to wait: `sqlite:///a.db?timeout=5` while another process locks the
    file, `postgresql://db/a?patience=5` while a run's server is away.

    Raises ConfigError for a store that is absent (unless `create`), unreadable, or of a newer version.
    """
    where = url or str(workspace.store_path)
    address, name = _address(where), shown(where)
    if address.get_backend_name() == "sqlite" and address.database in (None, "", ":memory:"):
        raise ConfigError("a store is a file: give its path, or sqlite:///PATH", path=name)
    path = Path(address.database or "") if address.get_backend_name() == "sqlite" else None
    if path is not None and not path.exists():
        if not create:
            raise ConfigError(f"no store at {path}: promptsweep run SWEEP makes one")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"cannot be used as a store: {error.strerror}", path=name) from None
    try:
        engine = _postgresql(address, name) if path is None else _sqlite(address)
    except ArgumentError:
        raise ConfigError(unknown("kind of store", name.partition("://")[0], DATABASES)) from None
    try:
        _prepare(engine, name, create or path is not None)
    except DBAPIError as error:
        engine.dispose()
        why = without_secrets(reason(error), where)
        raise ConfigError(f"cannot be used as a store: {why}", path=name) from None
    return Store(engine, name)


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
    kind = where.partition("://")[0]
    if kind.partition("+")[0] not in DATABASES:
        raise ConfigError(unknown("kind of store", kind, DATABASES))
    try:
        return make_url(where.replace("postgresql://", "postgresql+psycopg://", 1))
    except (ArgumentError, ValueError):
        form = "postgresql://USER@HOST:PORT/DATABASE"
        raise ConfigError(f"the store's URL cannot be read; it has the form {form}") from None


def _postgresql(address: URL, name: str) -> Engine:
    given = address.query.get(OPTION, str(SERVER_PATIENCE))
    try:
        seconds = float(str(given))
    except ValueError:
        raise ConfigError(f"patience is a number of seconds, not {given!r}", path=name) from None
    own = {key: value for key, value in ALIVE.items() if key not in address.query}
    try:
        return create_engine(
            address.difference_update_query([OPTION]),
            connect_args={"application_name": "promptsweep", **own},
            execution_options={OPTION: seconds},
            pool_pre_ping=True,
        )
    except ImportError:
        raise MissingExtraError("a PostgreSQL store", "postgres") from None


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


def _prepare(engine: Engine, where: str, create: bool) -> None:
    """Makes the tables, or brings those of an older version up to date; one process at a time."""
    with engine.connect() as connection:
        found = _version(connection, where)
    if found == schema.VERSION:
        return
    if found is None and not create:
        raise ConfigError(f"no store at {where}: promptsweep run SWEEP makes one")
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
