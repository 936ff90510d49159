"""Grades: what people say of a run's answers, stored one at a time, also while the run is being written."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select

from promptsweep.reports import schema
from promptsweep.reports.inserting import insert_into
from promptsweep.reports.store import Store, writing
from promptsweep.reports.tables import Kind, Row, Table
from promptsweep.types import nfc

table = schema.grades


class Mode(StrEnum):
    """What a grader is asked."""

    VERDICT = "verdict"
    """Is the answer correct: 1 or 0."""
    RATING = "rating"
    """How good is the answer: 1 to 5."""
    PREFERENCE = "preference"
    """Which of two arms' answers is better: 1 for the first arm's, −1 for the other's, 0 for a tie."""


VALUES: Final[Mapping[Mode, tuple[int, ...]]] = {
    Mode.VERDICT: (1, 0),
    Mode.RATING: (1, 2, 3, 4, 5),
    Mode.PREFERENCE: (1, 0, -1),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What one grade is of: an arm's answer to a sample, or two arms' answers to it."""

    sample_id: str
    repeat: int
    arm: int
    """The arm's number in the store; of two arms the smaller."""
    other: int = 0
    """The other arm's number; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Grade:
    """What one grader said of one subject."""

    mode: Mode
    grader: str
    subject: Subject
    value: float
    """One of `VALUES[mode]`; of judges and datasets also between these."""
    note: str | None
    created: datetime
    """When it was given or last changed, UTC."""


def give(
    store: Store, run: str, mode: Mode, grader: str, subject: Subject, value: int, note: str | None = None
) -> None:
    """Stores a grade, in place of the one that the grader gave the subject before.

    Raises ValueError for a value that the mode does not have, IncompleteError where nothing can be written.
    """
    if value not in VALUES[mode]:
        raise ValueError(f"{value!r} is no {mode}: {', '.join(map(str, VALUES[mode]))}")
    key = _key(run, mode, grader, subject)
    given = {"value": value, "note": nfc(note) if note else None, "created": time.time()}
    with writing(store.engine) as connection:
        insert = insert_into(connection.dialect.name, table).values({**key, **given})
        connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=given))


def take_back(store: Store, run: str, mode: Mode, grader: str, subject: Subject) -> None:
    """Removes a grade, if there is one. Raises IncompleteError where nothing can be written."""
    key = _key(run, mode, grader, subject)
    with writing(store.engine) as connection:
        connection.execute(delete(table).where(*(table.c[name] == value for name, value in key.items())))


def grades(store: Store, run: str, mode: Mode, grader: str) -> dict[Subject, Grade]:
    """All that one grader said in one mode, in the order in which it was said; `run` is the run's id."""
    mine = (table.c.mode == mode.value) & (table.c.grader == nfc(grader))
    return {grade.subject: grade for grade in _read(store, run, mine)}


def all_grades(store: Store, run: str) -> list[Grade]:
    """All grades of the run with this id, in the order in which they were given."""
    return list(_read(store, run))


def state(store: Store, run: str) -> tuple[int, float]:
    """How many grades a run has and when the newest was given: differs after each change."""
    query = select(func.count(), func.max(table.c.created)).where(table.c.run == run)
    with store.engine.connect() as connection:
        count, newest = connection.execute(query).one()
    return count, newest or 0.0


COLUMNS: Final[Mapping[str, Kind]] = {
    "run": "text",
    "arm": "text",
    "other": "text",
    "sample_id": "text",
    "repeat": "integer",
    "mode": "text",
    "grader": "text",
    "value": "integer",
    "note": "text",
    "created": "text",
}


def grade_table(store: Store, run: str) -> Table:
    """One row a grade; `arm` and `other` are labels, `created` is ISO 8601 in UTC."""
    identity = store.find_run(run).id
    return Table("grades", COLUMNS, list(_rows(store, identity)))


def _rows(store: Store, run: str) -> Iterator[Row]:
    labels = {arm.id: arm.label for arm in store.arms(run)}
    for grade in all_grades(store, run):
        yield {
            "run": run,
            "arm": labels[grade.subject.arm],
            "other": labels.get(grade.subject.other),
            "sample_id": grade.subject.sample_id,
            "repeat": grade.subject.repeat,
            "mode": grade.mode.value,
            "grader": grade.grader,
            "value": grade.value,
            "note": grade.note,
            "created": grade.created.isoformat(timespec="seconds"),
        }


def _key(run: str, mode: Mode, grader: str, subject: Subject) -> dict[str, Any]:
    return {
        "run": run,
        "mode": mode.value,
        "grader": nfc(grader),
        "arm": subject.arm,
        "other": subject.other,
        "sample_id": subject.sample_id,
        "repeat": subject.repeat,
    }


def _read(store: Store, run: str, *conditions: ColumnElement[bool]) -> list[Grade]:
    query = select(table).where(table.c.run == run, *conditions)
    with store.engine.connect() as connection:
        rows = connection.execute(query.order_by(table.c.created, table.c.sample_id)).all()
    return [_grade(row) for row in rows]


def _grade(row: Any) -> Grade:
    return Grade(
        mode=Mode(row.mode),
        grader=row.grader,
        subject=Subject(row.sample_id, row.repeat, row.arm, row.other),
        value=row.value,
        note=row.note,
        created=datetime.fromtimestamp(row.created, UTC),
    )
