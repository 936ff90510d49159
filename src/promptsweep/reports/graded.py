"""Grades beside the scores of the answers that were graded: what agreement is computed of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select

from promptsweep.reports import schema
from promptsweep.reports.arms import per_sample, within
from promptsweep.reports.grades import Grade, Mode
from promptsweep.reports.readings import AT_ONCE
from promptsweep.reports.store import loads

records, samples, scores = schema.records, schema.samples, schema.scores


class Graded(NamedTuple):
    """One grade and what it is compared with."""

    grade: Grade
    unit: str
    """The sample, or the cluster that it belongs to in its dataset: what counts as independent."""
    scores: Mapping[str, float]
    """Metric → value of the answer; empty for a preference."""


class _Known(NamedTuple):
    unit: str
    scores: dict[str, float]


def read_graded(connection: Connection, arms: Mapping[int, Any], given: Sequence[Grade]) -> Iterator[Graded]:
    """Grades, arm by arm, with what is known of their answers; `arms` are rows by number.

    A grade whose answer is gone is left out.
    """
    by_arm: dict[int, list[Grade]] = {}
    for grade in given:
        by_arm.setdefault(grade.subject.arm, []).append(grade)
    for number, grades in by_arm.items():
        known = _known(connection, arms[number], {grade.subject.sample_id for grade in grades})
        for grade in grades:
            found = known.get((grade.subject.sample_id, grade.subject.repeat))
            if found is not None:
                yield Graded(grade, found.unit, {} if grade.mode is Mode.PREFERENCE else found.scores)


def _known(connection: Connection, arm: Any, wanted: Iterable[str]) -> Mapping[tuple[str, int], _Known]:
    """(sample, repeat) → what is known of the arm's answer, for all repeats of the wanted samples."""
    names = {metric.place: metric.name for metric in per_sample(arm)}
    query, ids, known = _query(arm), sorted(wanted), dict[tuple[str, int], _Known]()
    for start in range(0, len(ids), AT_ONCE):
        some = records.c.sample_id.in_(ids[start : start + AT_ONCE])
        for row in connection.execute(query.where(some)):
            place = row.sample_id, schema.unpacked(row.id)[1]
            found = known.setdefault(place, _Known(_unit(arm, row), {}))
            if row.metric in names:
                found.scores[names[row.metric]] = row.value
    return known


def _query(arm: Any) -> Select[Any]:
    """An arm's records, a row for each of their scores, or one where there is none."""
    joined = records.join(samples, samples.c.digest == records.c.sample).outerjoin(
        scores, scores.c.record == records.c.id
    )
    columns = (records.c.id, records.c.sample_id, samples.c.fields, scores.c.metric, scores.c.value)
    return select(*columns).select_from(joined).where(within(records.c.id, [arm]))


def _unit(arm: Any, row: Any) -> str:
    return str(row.sample_id if arm.cluster is None else loads(row.fields).get(arm.cluster))
