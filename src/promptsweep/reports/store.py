"""The store: one SQLite file in the workspace, or a PostgreSQL database that a team shares."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, exists, insert, inspect, select, update
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from promptsweep.errors import ConfigError, MissingExtraError, unknown
from promptsweep.metrics import Aggregate, Metric
from promptsweep.reports import schema
from promptsweep.reports.rows import dumps
from promptsweep.runners import Entry, ScoredArm
from promptsweep.types import JSON, Status
from promptsweep.workspace import Workspace

MIGRATIONS: Mapping[int, Callable[[Connection], None]] = {}
"""Version → what makes a store of that version one of the next."""


class Store:
    """An open store. Create it with `open_store`."""

    def __init__(self, engine: Engine, url: str):
        self.engine, self.url = engine, url

    def begin(self, plan: Entry, fresh: bool, versions: Mapping[str, JSON]) -> str:
        """Enters a new run with its arms; returns the run's id."""
        identity, now = _new_id()
        with self.engine.begin() as connection:
            connection.execute(
                insert(schema.runs).values(
                    id=identity,
                    name=plan.name,
                    status=Status.RUNNING.value,
                    created=now,
                    updated=now,
                    path=plan.path,
                    sweep=dumps(plan.sweep),
                    repeats=plan.repeats,
                    fresh=int(fresh),
                    versions=dumps(versions),
                    warnings=dumps(plan.warnings),
                )
            )
            connection.execute(insert(schema.arms), [_arm_row(planned, identity) for planned in plan.arms])
        return identity

    def copy_run(self, run: Any, sweep: Mapping[str, JSON]) -> str:
        """Enters a new run that is like `run` but for how it came about; returns its id."""
        identity, now = _new_id()
        columns = {**run._mapping, "id": identity, "created": now, "updated": now, "sweep": dumps(sweep)}
        with self.engine.begin() as connection:
            connection.execute(insert(schema.runs).values(columns))
        return identity

    def finish(self, run: str, status: Status, error: str | None = None) -> None:
        """Notes how a run ended (or that it goes on)."""
        with self.engine.begin() as connection:
            values = {"status": status.value, "updated": time.time(), "error": error}
            connection.execute(update(schema.runs).where(schema.runs.c.id == run).values(values))

    def find_run(self, reference: str = "latest") -> Any:
        """The row of a run: `latest`, an id, the beginning of one, or a sweep's name (its newest run).

        Raises ConfigError naming the nearest run.
        """
        with self.engine.connect() as connection:
            newest = select(schema.runs).order_by(schema.runs.c.created.desc())
            if reference == "latest":
                found = connection.execute(newest.limit(1)).first()
                if found is None:
                    raise ConfigError("the store holds no run yet: promptsweep run SWEEP makes one")
                return found
            ids = schema.runs.c.id
            for condition in (ids == reference, ids.startswith(reference, autoescape=True)):
                rows = connection.execute(newest.where(condition)).all()
                if len(rows) > 1:
                    raise ConfigError(f"run {reference!r} is not unique: {', '.join(row.id for row in rows)}")
                if rows:
                    return rows[0]
            named = connection.execute(newest.where(schema.runs.c.name == reference).limit(1)).first()
            if named is not None:
                return named
            known = connection.execute(newest.with_only_columns(ids, schema.runs.c.name).limit(200)).all()
        raise ConfigError(unknown("run", reference, {name for row in known for name in row}))

    def arms(self, run: str) -> list[Any]:
        """The rows of a run's arms, in the sweep's order."""
        with self.engine.connect() as connection:
            query = select(schema.arms).where(schema.arms.c.run == run).order_by(schema.arms.c.id)
            return list(connection.execute(query))

    def done(self, run: str, repeats: int) -> tuple[Callable[[str, int, int], bool], int]:
        """A test for records that need not be made again, and how many there are.

        Takes one bit of memory a record. Records that ended in an error are not done.
        """
        bits: dict[str, bytearray] = {}
        total, apart = 0, schema.record_id(0, 1, 0)
        with self.engine.connect() as connection:
            for arm in self.arms(run):
                bits[arm.key] = done = bytearray((arm.planned * repeats + 7) // 8)
                low, high = schema.record_range(arm.id)
                query = select(schema.records.c.id).where(
                    schema.records.c.id.between(low, high), schema.records.c.outcome != "error"
                )
                for identity in connection.execution_options(yield_per=10_000).scalars(query):
                    repeat, position = divmod(identity - low, apart)
                    place = position * repeats + repeat
                    done[place >> 3] |= 1 << (place & 7)
                    total += 1

        def is_done(arm: str, position: int, repeat: int) -> bool:
            place = position * repeats + repeat
            return bool(bits[arm][place >> 3] >> (place & 7) & 1)

        return is_done, total

    def has_records(self, run: str) -> bool:
        """Whether anything is recorded of a run."""
        ranges = [schema.records.c.id.between(*schema.record_range(arm.id)) for arm in self.arms(run)]
        with self.engine.connect() as connection:
            return any(connection.scalar(select(exists().where(within))) for within in ranges)

    def close(self) -> None:
        """Gives connections and files back."""
        self.engine.dispose()


def _new_id() -> tuple[str, float]:
    """An id that sorts by time and is unique, and the time."""
    now = time.time()
    return time.strftime("%Y%m%d-%H%M%S-", time.localtime(now)) + secrets.token_hex(2), now


def _arm_row(planned: ScoredArm, run: str) -> dict[str, Any]:
    arm, card = planned.arm, planned.dataset.card
    return {
        "run": run,
        "key": arm.key,
        "label": arm.label,
        "strategy": arm.strategy,
        "strategy_params": dumps(dict(arm.strategy_params)),
        "model": arm.model,
        "params": dumps(dict(arm.params)),
        "dataset": arm.dataset,
        "split": arm.split,
        "system": arm.system,
        "task": card.task,
        "cluster": card.cluster,
        "metrics": metric_column(planned.specs, planned.scorers),
        "digests": dumps(dict(arm.digests)),
        "planned": planned.selection.count,
    }


def metric_column(specs: Sequence[str | Mapping[str, Any]], scorers: Sequence[Metric | Aggregate]) -> str:
    """What the store keeps of an arm's metrics."""
    return dumps([_metric(spec, scorer) for spec, scorer in zip(specs, scorers, strict=True)])


def _metric(spec: str | Mapping[str, Any], scorer: Metric | Aggregate) -> dict[str, JSON]:
    return {
        "name": scorer.name,
        "spec": spec,
        "kind": scorer.kind if isinstance(scorer, Metric) else "aggregate",
        "higher_is_better": scorer.higher_is_better,
        "signature": scorer.signature,
    }


def open_store(workspace: Workspace, url: str | None = None, *, create: bool = True) -> Store:
    """Opens the workspace's store, or the one at `url` (a database URL or the path of a SQLite file).

    Raises ConfigError for a store that is absent (unless `create`), unreadable, or of a newer version.
    """
    where = url or str(workspace.store_path)
    path = None if "://" in where else Path(where)
    if path is not None and not path.exists():
        if not create:
            raise ConfigError(f"no store at {path}: promptsweep run SWEEP makes one")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"cannot be used as a store: {error.strerror}", path=where) from None
    engine = _engine(where, path)
    shown = engine.url.render_as_string(hide_password=True) if path is None else where
    try:
        _prepare(engine, shown)
    except DBAPIError as error:
        raise ConfigError(
            f"cannot be used as a store: {str(error.orig).splitlines()[0]}", path=shown
        ) from None
    return Store(engine, where)


def _engine(where: str, path: Path | None) -> Engine:
    if path is None:
        try:
            return create_engine(where.replace("postgresql://", "postgresql+psycopg://", 1))
        except ImportError:
            raise MissingExtraError("a PostgreSQL store", "postgres") from None
        except ArgumentError:
            known = ["postgresql", "sqlite"]
            raise ConfigError(unknown("kind of store", where.partition("://")[0], known)) from None
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin as we say below, tables included
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA busy_timeout=30000")

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


def loads(text: str | None) -> Any:
    """JSON of a text column."""
    return None if text is None else orjson.loads(text)
