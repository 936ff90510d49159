"""A run in progress, seen from another process: short reads, ever fewer of them as they take longer."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from promptsweep.reports import ledger, schema
from promptsweep.reports.arms import within
from promptsweep.reports.grown import planned_repeats
from promptsweep.reports.leases import EXPIRY, clock, last_seen
from promptsweep.reports.pace import WINDOW, Moment, Pace, pace
from promptsweep.reports.so_far import SoFar, so_far
from promptsweep.reports.store import Store, loads
from promptsweep.reports.troubles import Trouble, together, troubles
from promptsweep.types import JSON, Outcome, Status

runs, records = schema.runs, schema.records
INTERVAL = 1.0
"""Seconds between two reads at least, however many look."""
SHARE = 0.05
"""What part of the time reading may take: where a read takes long, the next comes later …"""
LONGEST = 10.0
"""… but after so many seconds at most."""
BEGINNING = 5.0
"""Seconds between the entry of a run and its first execution at most: a later one resumes it."""


@dataclass(frozen=True, slots=True)
class ArmProgress:
    """How far an arm has come."""

    arm: str
    """The arm's label."""
    dataset: str
    planned: int
    """Records of the finished run."""
    done: int
    """Records without an error."""
    errors: int
    so_far: SoFar | None
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """A run at a moment."""

    run: str
    at: float
    """Seconds since 1970."""
    status: Status
    error: str | None
    seconds: float | None
    """Since this execution of it began; None where it has ended."""
    silent: float
    """Seconds since it last gave a sign of life."""
    arms: tuple[ArmProgress, ...]
    troubles: tuple[Trouble, ...]
    ledger: ledger.Entry
    budget: Mapping[str, JSON]
    """Its limits: `usd`, `tokens`, `requests`, `seconds`; empty without any."""
    pace: Pace

    @property
    def planned(self) -> int:
        """Records of the finished run."""
        return sum(arm.planned for arm in self.arms)

    @property
    def done(self) -> int:
        """Records, errors included."""
        return sum(arm.done + arm.errors for arm in self.arms)

    @property
    def errors(self) -> int:
        """Records that ended in an error."""
        return sum(arm.errors for arm in self.arms)

    @property
    def gone(self) -> bool:
        """Whether it says it is running, but its process shows no sign of life."""
        return self.status is Status.RUNNING and self.silent > EXPIRY


class Watch:
    """Looks at one run. All who look at the same time share one look."""

    def __init__(self, store: Store, run: str):
        self._store, self._run = store, run
        self._lock = threading.Lock()
        self._moments: deque[Moment] = deque()
        self._complete: dict[int, ArmProgress] = {}
        """Arms of which nothing is under way any more: they are not read again."""
        self._moved = 0.0
        """When something was last seen to have been done."""
        self._last: Look | None = None
        self._next = 0.0

    def look(self) -> Look:
        """The run as it is now, or was at the last read. Raises ConfigError where it was removed."""
        with self._lock:
            if self._last is None or time.monotonic() >= self._next:
                began = time.monotonic()
                self._last = self._read()
                took = time.monotonic() - began
                self._next = began + took + min(LONGEST, max(INTERVAL, took / SHARE))
            return self._last

    def _read(self) -> Look:
        run = self._store.find_run(self._run)
        with self._store.engine.connect() as connection:
            now = clock(connection)
            arms = tuple(self._arm(connection, run, arm) for arm in self._store.arms(run.id))
        paid = ledger.of_run(self._store, run.id)
        done, planned = sum(arm.done + arm.errors for arm in arms), sum(arm.planned for arm in arms)
        self._note(Moment(now, done, paid.new.requests + paid.failed.requests))
        status = Status(run.status)
        seen = last_seen(self._store, [run.id]).get(run.id, 0.0)
        return Look(
            run=run.id,
            at=now,
            status=status,
            error=run.error,
            seconds=max(0.0, now - run.updated) if status is Status.RUNNING else None,
            silent=max(0.0, now - max(seen, run.updated, self._moved)),
            arms=arms,
            troubles=tuple(together(one for arm in arms for one in arm.troubles)),
            ledger=paid,
            budget=_limits(run),
            pace=pace(self._moments, planned),
        )

    def _note(self, moment: Moment) -> None:
        """Remembers what was done; forgets what is older than a pace is taken over."""
        if self._moments and moment[1:] != self._moments[-1][1:]:
            self._moved = moment.at
        self._moments.append(moment)
        while self._moments[0].at < moment.at - 2 * WINDOW:
            self._moments.popleft()

    def _arm(self, connection: Connection, run: Any, arm: Any) -> ArmProgress:
        planned = arm.planned * planned_repeats(run, arm.label)
        seen = self._complete.get(arm.id)
        if seen is None or not _is_complete(seen, run, planned):
            seen = _progress(connection, run, arm, planned)
        if _is_complete(seen, run, planned):
            self._complete[arm.id] = seen
        return seen


def _is_complete(seen: ArmProgress, run: Any, planned: int) -> bool:
    """Whether no record of the arm can change: a run that is resumed makes those with an error anew."""
    resumed = run.updated - run.created > BEGINNING
    return seen.done == planned or (seen.done + seen.errors == planned and not resumed)


def _progress(connection: Connection, run: Any, arm: Any, planned: int) -> ArmProgress:
    query = select(records.c.outcome, func.count()).where(within(records.c.id, [arm]))
    counts = {row[0]: row[1] for row in connection.execute(query.group_by(records.c.outcome))}
    errors = counts.pop(Outcome.ERROR.value, 0)
    done = sum(counts.values())
    return ArmProgress(
        arm=arm.label,
        dataset=arm.dataset,
        planned=planned,
        done=done,
        errors=errors,
        so_far=so_far(connection, run, arm) if done else None,
        troubles=tuple(troubles(connection, arm)) if errors else (),
    )


def _limits(run: Any) -> dict[str, JSON]:
    budget = loads(run.sweep).get("budget") or {}
    return {name: value for name, value in budget.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Going:
    """A run that says it is in progress."""

    id: str
    name: str
    created: float
    """Seconds since 1970."""
    gone: bool
    """Whether its process shows no sign of life."""


def going(store: Store) -> list[Going]:
    """The runs that say they are in progress, the newest first; no record is read."""
    query = select(runs.c.id, runs.c.name, runs.c.created, runs.c.updated)
    query = query.where(runs.c.status == Status.RUNNING.value).order_by(runs.c.created.desc())
    with store.engine.connect() as connection:
        found, now = connection.execute(query).all(), clock(connection)
    seen = last_seen(store, [row.id for row in found])
    return [
        Going(row.id, row.name, row.created, now - max(row.updated, seen.get(row.id, 0.0)) > EXPIRY)
        for row in found
    ]
