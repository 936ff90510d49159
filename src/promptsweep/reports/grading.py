"""What is graded: answers drawn from a run in an order that tells nothing of their scores."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, exists, or_, select

from promptsweep.errors import ConfigError
from promptsweep.reports import schema
from promptsweep.reports.arms import match_arm, per_sample
from promptsweep.reports.calls import origin, reply_text
from promptsweep.reports.grades import Mode, Subject
from promptsweep.reports.readings import AT_ONCE
from promptsweep.reports.store import Store, loads
from promptsweep.types import Outcome, Sample, digest

records, samples, scores = schema.records, schema.samples, schema.scores


@dataclass(frozen=True, slots=True)
class Draw:
    """Which answers of a run are graded. Everybody who asks for the same draw gets the same answers."""

    mode: Mode
    arms: tuple[str, ...]
    """Labels; for a preference two, on the same samples."""
    samples: int
    """At most so many samples."""
    seed: int
    failures: bool = False
    """Only answers that could not be read, or that the arm's first metric does not find perfect.

    For a preference, samples where that is so in either arm.
    """
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What an arm made of a sample."""

    answer: str | None
    """None where no answer could be read from the reply."""
    outcome: Outcome
    reply: str | None
    """None where the text was pruned."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a grader looks at."""

    sample: Sample
    answers: tuple[Answer, ...]
    """One, or the two that are compared, in the order of the subject's arms."""


def subjects(store: Store, run: str, draw: Draw) -> list[Subject]:
    """What is graded, in order; answers that ended in an error are not. `run` is the run's id.

    Samples are drawn and sorted by a hash of seed and id: with more samples the earlier ones stay, and arms
    and modes share theirs. Memory grows with the draw, not with the run. Raises ConfigError for an unknown
    arm, and for a preference between other than two arms.
    """
    arms = store.arms(run)
    chosen = [match_arm(arms, label) for label in draw.arms]
    if draw.mode is Mode.PREFERENCE and len({arm.id for arm in chosen}) != 2:
        raise ConfigError("a preference is between two arms")
    sides = [sorted(chosen, key=_number)] if draw.mode is Mode.PREFERENCE else [[arm] for arm in chosen]
    found = [one for side in sides for one in _nearest(store, side, draw)]
    drawn = set(heapq.nsmallest(draw.samples, {place for place, _ in found}))
    kept = [subject for place, subject in found if place in drawn]
    return sorted(kept, key=lambda one: digest(draw.seed, one.sample_id, one.arm))


def question(store: Store, run: str, subject: Subject) -> Question:
    """The sample of a subject and what its arms answered. Raises ConfigError where that is gone."""
    found = [_attempt(store, run, arm, subject) for arm in (subject.arm, subject.other) if arm]
    return Question(_sample(found[0]), tuple(_answer(row) for row in found))


def swapped(subject: Subject, grader: str) -> bool:
    """Whether this grader sees the other arm's answer first: half of the time, and always the same."""
    mixed = digest("sides", grader, subject.sample_id, subject.repeat, subject.arm, subject.other)
    return int(mixed, 16) % 2 == 1


def _number(arm: Any) -> int:
    number: int = arm.id
    return number


def _nearest(store: Store, side: Sequence[Any], draw: Draw) -> Iterator[tuple[str, Subject]]:
    """The subjects of one arm, or of two against each other, that can be in the draw; each with its hash."""
    with store.engine.connect().execution_options(yield_per=AT_ONCE) as connection:
        ids = connection.scalars(_sample_ids(side, draw))
        nearest = heapq.nsmallest(draw.samples, ((digest(draw.seed, one), one) for one in ids))
    arms = [arm.id for arm in side]
    for place, sample_id in nearest:
        yield place, Subject(sample_id, draw.repeat, *arms)


def _sample_ids(side: Sequence[Any], draw: Draw) -> Select[Any]:
    """Ids of the samples that all of one or two arms have an answer to."""
    tables = [records.alias(f"side_{place}") for place in range(len(side))]
    query = select(tables[0].c.sample_id)
    for table, arm in zip(tables, side, strict=True):
        query = query.where(_attempts(table, arm.id, draw.repeat), table.c.outcome != Outcome.ERROR.value)
    for table in tables[1:]:
        same = (table.c.sample_id == tables[0].c.sample_id) & (table.c.sample == tables[0].c.sample)
        query = query.where(same)
    if draw.failures:
        query = query.where(or_(*(_failed(table, arm) for table, arm in zip(tables, side, strict=True))))
    return query


def _attempts(table: FromClause, arm: int, repeat: int) -> ColumnElement[bool]:
    low, high = schema.record_id(arm, repeat, 0), schema.record_id(arm, repeat + 1, 0) - 1
    return table.c.id.between(low, high)


def _failed(table: FromClause, arm: Any) -> ColumnElement[bool]:
    failed = table.c.outcome != Outcome.OK.value
    metric = next((one for one in per_sample(arm) if one.higher_is_better is not None), None)
    if metric is None:
        return failed
    imperfect = scores.c.value < 1 if metric.higher_is_better else scores.c.value > 0
    own = (scores.c.record == table.c.id) & (scores.c.metric == metric.place)
    return failed | exists(select(scores.c.record).where(own, imperfect).correlate(table))


def _attempt(store: Store, run: str, arm: int, subject: Subject) -> Any:
    maker = origin(store, store.find_run(run))
    texts = (samples.c.input, samples.c.targets, samples.c.fields, reply_text(maker).label("text"))
    query = select(records, *texts).join(samples, samples.c.digest == records.c.sample)
    own = _attempts(records, arm, subject.repeat), records.c.sample_id == subject.sample_id
    with store.engine.connect() as connection:
        row = connection.execute(query.where(*own)).first()
    if row is None:
        raise ConfigError(f"sample {subject.sample_id!r} has no answer any more")
    return row


def _sample(row: Any) -> Sample:
    return Sample(row.sample_id, row.input, tuple(loads(row.targets)), loads(row.fields))


def _answer(row: Any) -> Answer:
    return Answer(row.answer, Outcome(row.outcome), row.text if row.reply is None else row.reply)
