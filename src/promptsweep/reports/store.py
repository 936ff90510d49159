"""The store: one SQLite file in the workspace, or a PostgreSQL database that a team shares."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Column, Connection, Engine, Table, exists, insert, select, update
from sqlalchemy.exc import DBAPIError

from promptsweep.datasets import Dataset
from promptsweep.errors import ConfigError, IncompleteError, unknown
from promptsweep.metrics import Aggregate, Scorer
from promptsweep.reports import schema
from promptsweep.reports.patience import reason
from promptsweep.reports.rows import FILES, dumps
from promptsweep.runners import Entry, ScoredArm
from promptsweep.runners.selection import Checked, warning_of
from promptsweep.types import JSON, Status

MANY = 1_000
"""Ids that one query asks for."""
RECENT = 50
"""Arms over a dataset, the newest first, that are asked whether they checked its rows."""


class Store:
    """An open store. Create it with `opening.open_store`."""

    def __init__(self, engine: Engine, url: str):
        self.engine, self.url = engine, url

    def begin(self, plan: Entry, fresh: bool, versions: Mapping[str, JSON]) -> str:
        """Enters a new run with its arms; returns the run's id. Raises IncompleteError as `finish` does."""
        identity, now = _new_id()
        with writing(self.engine) as connection:
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
        with writing(self.engine) as connection:
            connection.execute(insert(schema.runs).values(columns))
        return identity

    def finish(self, run: str, status: Status, error: str | None = None) -> None:
        """Notes how a run ended (or that it goes on). Raises IncompleteError where that cannot be written."""
        with writing(self.engine) as connection:
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

    def runs(self, identities: Sequence[str]) -> list[Any]:
        """The rows of the runs with these ids."""
        return list(self._each(schema.runs, schema.runs.c.id, identities))

    def arms_of(self, runs: Sequence[str]) -> dict[str, list[Any]]:
        """Run → the rows of its arms, in the sweep's order."""
        found: dict[str, list[Any]] = {run: [] for run in runs}
        for arm in self._each(schema.arms, schema.arms.c.run, runs):
            found[arm.run].append(arm)
        return found

    def _each(self, table: Table, column: Column[str], wanted: Sequence[str]) -> Iterator[Any]:
        with self.engine.connect() as connection:
            for start in range(0, len(wanted), MANY):
                some = column.in_(wanted[start : start + MANY])
                yield from connection.execute(select(table).where(some).order_by(table.c.id))

    def done(self, run: str, repeats: int) -> tuple[Callable[[str, int, int], bool], int]:
        """A test for records that need not be made again, and how many there are.

        Takes one bit of memory a record. Records that ended in an error are not done, nor those that a judge
        could not be asked about.
        """
        bits: dict[str, bytearray] = {}
        total, apart = 0, schema.record_id(0, 1, 0)
        with self.engine.connect() as connection:
            for arm in self.arms(run):
                bits[arm.key] = done = bytearray((arm.planned * repeats + 7) // 8)
                low, high = schema.record_range(arm.id)
                query = select(schema.records.c.id).where(
                    schema.records.c.id.between(low, high),
                    schema.records.c.outcome != "error",
                    schema.records.c.error.is_(None),
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

    def checked(self, dataset: Dataset, split: str) -> Checked | None:
        """What a run of this store found when it checked exactly these rows; None if none did."""
        arms, runs = schema.arms, schema.runs
        query = select(arms.c.digests, arms.c.planned, runs.c.warnings).join(runs, runs.c.id == arms.c.run)
        same = (arms.c.dataset == dataset.name) & (arms.c.split == split)
        same &= arms.c.cluster.is_not_distinct_from(dataset.card.cluster)
        with self.engine.connect() as connection:
            rows = connection.execute(query.where(same).order_by(arms.c.id.desc()).limit(RECENT)).all()
        address = dataset.digest(split) if rows else ""
        for row in rows:
            digests = loads(row.digests)
            if digests.get("dataset") == address and "selection" not in digests:
                beginning = warning_of(dataset.name, split)
                own = [warning for warning in loads(row.warnings) if warning.startswith(beginning)]
                return Checked(row.planned, tuple(own))
        return None

    def has_records(self, run: str) -> bool:
        """Whether anything is recorded of a run."""
        ranges = [schema.records.c.id.between(*schema.record_range(arm.id)) for arm in self.arms(run)]
        with self.engine.connect() as connection:
            return any(connection.scalar(select(exists().where(within))) for within in ranges)

    def close(self) -> None:
        """Gives connections and files back."""
        self.engine.dispose()


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction; IncompleteError, in one line, where the disk is full or the store stays locked."""
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise IncompleteError(f"the store cannot be written: {reason(error)}") from None


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
        "digests": dumps({**arm.digests, FILES: dict(arm.files)}),
        "planned": planned.selection.count,
    }


def metric_column(specs: Sequence[str | Mapping[str, Any]], scorers: Sequence[Scorer]) -> str:
    """What the store keeps of an arm's metrics."""
    return dumps([metric_entry(spec, scorer) for spec, scorer in zip(specs, scorers, strict=True)])


def metric_entry(spec: str | Mapping[str, Any], scorer: Scorer) -> dict[str, JSON]:
    """What the store keeps of one metric."""
    return {
        "name": scorer.name,
        "spec": spec,
        "kind": "aggregate" if isinstance(scorer, Aggregate) else scorer.kind,
        "higher_is_better": scorer.higher_is_better,
        "signature": scorer.signature,
    }


def loads(text: str | None) -> Any:
    """JSON of a text column."""
    return None if text is None else orjson.loads(text)
