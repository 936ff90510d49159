"""What a face shows of a store: its runs, pages of a run's records, and one record's whole trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, case, func, select

from promptsweep.reports import schema
from promptsweep.reports.arms import of_their_arms
from promptsweep.reports.grown import planned_repeats
from promptsweep.reports.identities import NO_VERSIONS
from promptsweep.reports.pages import RecordRow, page
from promptsweep.reports.store import Store, loads
from promptsweep.reports.traces import Trace, trace
from promptsweep.types import JSON, Outcome, Status

__all__ = [
    "Known",
    "RecordRow",
    "RunInfo",
    "RunName",
    "Trace",
    "list_runs",
    "page",
    "run_info",
    "run_names",
    "trace",
]

runs, arms, records = schema.runs, schema.arms, schema.records
Known: TypeAlias = dict[tuple[str, str, float], list[Any]]
"""The counts of runs that have ended."""


@dataclass(frozen=True, slots=True)
class RunName:
    """What tells a run from others: all that a list to choose from needs."""

    id: str
    name: str
    status: Status
    created: datetime
    """When it began, UTC."""


@dataclass(frozen=True, slots=True)
class RunInfo(RunName):
    """A run with how far it has come."""

    error: str | None
    """Why it is not complete."""
    warnings: tuple[str, ...]
    sweep: Mapping[str, JSON]
    versions: Mapping[str, JSON]
    """Of promptsweep and Python, and the commit of the workspace."""
    repeats: int
    arms: int
    planned: int
    """Records of the finished run: samples × repeats, over all arms."""
    done: int
    """Records without an error."""
    errors: int
    """Records that ended in an error."""
    cost: float | None
    """US dollars of all its calls, stored replies included; None where a price is unknown."""


def run_names(store: Store, limit: int) -> list[RunName]:
    """The newest runs first. One query, of no record: large runs take no longer."""
    columns = (runs.c.id, runs.c.name, runs.c.status, runs.c.created)
    with store.engine.connect() as connection:
        found = connection.execute(_newest(limit).with_only_columns(*columns)).all()
    return [RunName(row.id, row.name, Status(row.status), _moment(row.created)) for row in found]


def list_runs(store: Store, limit: int = 50, name: str | None = None) -> list[RunInfo]:
    """The newest runs first; only those of the sweep `name` where it is given.

    Two queries; the second counts all records of these runs (3 million take half a second).
    """
    newest = _newest(limit)
    return _infos(store, newest if name is None else newest.where(runs.c.name == name))


def run_info(store: Store, reference: str = "latest", known: Known | None = None) -> RunInfo:
    """One run, by anything that `Store.find_run` understands. Raises ConfigError like it.

    Counting takes time in proportion to the records, so that whoever asks often passes the same `known` each
    time: then a run that has ended is counted once.
    """
    [info] = _infos(store, select(runs).where(runs.c.id == store.find_run(reference).id), known)
    return info


def _newest(limit: int) -> Select[Any]:
    return select(runs).order_by(runs.c.created.desc(), runs.c.id.desc()).limit(limit)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _infos(store: Store, query: Select[Any], known: Known | None = None) -> list[RunInfo]:
    known = {} if known is None else known
    with store.engine.connect() as connection:
        found = connection.execute(query).all()
        counted = {row.id: known[_state(row)] for row in found if _state(row) in known}
        others = [row for row in found if row.id not in counted]
        for count in connection.execute(_counts([row.id for row in others])):
            counted.setdefault(count.run, []).append(count)
    known |= {_state(row): counted.get(row.id, []) for row in others if row.status != Status.RUNNING.value}
    return [_info(row, counted.get(row.id, [])) for row in found]


def _state(row: Any) -> tuple[str, str, float]:
    """What changes when a run that has ended goes on."""
    return row.id, row.status, row.updated


def _counts(identities: Sequence[str]) -> Select[Any]:
    """Records of each arm of the runs, by what became of them."""
    return (
        select(
            arms.c.run,
            arms.c.label,
            arms.c.planned,
            func.count(records.c.id).label("attempts"),
            _number(records.c.outcome == Outcome.ERROR.value).label("errors"),
            _number(records.c.id.is_not(None) & records.c.cost.is_(None)).label("unpriced"),
            func.coalesce(func.sum(records.c.cost), 0.0).label("cost"),
        )
        .select_from(arms.outerjoin(records, of_their_arms()))
        .where(arms.c.run.in_(identities))
        .group_by(arms.c.id)
    )


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _info(row: Any, counts: Sequence[Any]) -> RunInfo:
    errors = sum(count.errors for count in counts)
    return RunInfo(
        id=row.id,
        name=row.name,
        status=Status(row.status),
        created=_moment(row.created),
        error=row.error,
        warnings=tuple(loads(row.warnings)),
        sweep=loads(row.sweep),
        versions={name: version for name, version in loads(row.versions).items() if name not in NO_VERSIONS},
        repeats=row.repeats,
        arms=len(counts),
        planned=sum(count.planned * planned_repeats(row, count.label) for count in counts),
        done=sum(count.attempts for count in counts) - errors,
        errors=errors,
        cost=None if any(count.unpriced for count in counts) else float(sum(count.cost for count in counts)),
    )
