"""Graders who are no visitors of the dashboard: people whose verdicts a dataset brings, and judges."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from sqlalchemy import Connection, select

from promptsweep.datasets.card import Human
from promptsweep.reports import schema
from promptsweep.reports.arms import per_sample, within
from promptsweep.reports.duels import Duel
from promptsweep.reports.graded import Graded
from promptsweep.reports.grades import Grade, Mode, Subject
from promptsweep.reports.store import loads
from promptsweep.types import JSON

records, samples = schema.records, schema.samples
LONG_AGO = datetime.fromtimestamp(0, UTC)
TIE = "tie"


def dataset_grades(connection: Connection, arms: Mapping[int, Any], human: Human) -> list[Grade]:
    """What people said of the answers of arms (rows by number), by the fields of the samples."""
    found: list[Grade] = []
    if human.score is not None:
        for number, arm in arms.items():
            for row in _fields(connection, arm):
                value = loads(row.fields).get(human.score)
                if isinstance(value, int | float):
                    subject = Subject(row.sample_id, schema.unpacked(row.id)[1], number)
                    found.append(_grade(Mode.RATING, human.score, subject, _on_ours(value, human.scale)))
    if human.preference is not None:
        for one, other in combinations(sorted(arms), 2):
            models = arms[one].model, arms[other].model
            for row in _fields(connection, arms[one]):
                value = _preferred(loads(row.fields).get(human.preference), models)
                if value is not None:
                    subject = Subject(row.sample_id, schema.unpacked(row.id)[1], one, other)
                    found.append(_grade(Mode.PREFERENCE, human.preference, subject, value))
    return found


def ratings_of_judges(graded: Sequence[Graded], arms: Mapping[int, Any]) -> Iterator[Graded]:
    """The scores that judges gave to answers which people rated, as grades."""
    judges = {one.name for arm in arms.values() for one in per_sample(arm) if one.kind == "rating"}
    rated = {one.grade.subject: one for one in graded if one.grade.mode is Mode.RATING}
    for subject, one in rated.items():
        for name in judges & one.scores.keys():
            yield Graded(_grade(Mode.RATING, name, subject, one.scores[name]), one.unit, {})


def duels_of_judges(graded: Sequence[Graded], duels: Sequence[Duel]) -> Iterator[Graded]:
    """What judges said of pairs of answers which people compared, as grades."""
    compared = {one.grade.subject: one for one in graded if one.grade.mode is Mode.PREFERENCE}
    for duel in duels:
        subject = Subject(duel.sample_id, duel.repeat, duel.arm, duel.other)
        if subject in compared and duel.value is not None:
            grade = _grade(Mode.PREFERENCE, f"judge({duel.rubric}) {duel.model}", subject, duel.value)
            yield Graded(grade, compared[subject].unit, {})


def _fields(connection: Connection, arm: Any) -> Iterator[Any]:
    joined = records.join(samples, samples.c.digest == records.c.sample)
    query = select(records.c.id, records.c.sample_id, samples.c.fields).select_from(joined)
    yield from connection.execute(query.where(within(records.c.id, [arm])))


def _on_ours(value: float, scale: tuple[float, float]) -> float:
    """The score where it stands on a scale from 1 to 5."""
    least, best = scale
    return 1 + 4 * (value - least) / (best - least)


def _preferred(value: JSON, models: tuple[str, str]) -> float | None:
    if value == TIE:
        return 0.0
    with contextlib.suppress(ValueError):
        return (1.0, -1.0)[models.index(str(value))]
    return None


def _grade(mode: Mode, grader: str, subject: Subject, value: float) -> Grade:
    return Grade(mode, grader, subject, value, None, LONG_AGO)
