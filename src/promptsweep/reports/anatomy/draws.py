"""Self-consistency with fewer draws: what the stored replies of one run say of every smaller number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select

from promptsweep import metrics as metric_room
from promptsweep.answers import Parser, parser
from promptsweep.embeddings import NAME
from promptsweep.errors import ConfigError
from promptsweep.metrics import Metric
from promptsweep.reports import schema
from promptsweep.reports.anatomy.reading import (
    Attempt,
    attempts,
    finished,
    interval_over,
    judged_by,
    merit,
)
from promptsweep.reports.anatomy.votes import cast_in
from promptsweep.reports.arms import StoredMetric, match_arm
from promptsweep.reports.calls import origin, version_of
from promptsweep.reports.store import Store, loads
from promptsweep.stats import Interval
from promptsweep.stats.voting import expected_by_draws
from promptsweep.types import Sample

records, calls, responses = schema.records, schema.calls, schema.responses
SAME = 1e-9
"""Scores that differ by less are the same."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The score of a vote by the number of draws."""

    metric: str
    points: tuple[Interval, ...]
    """For 1, 2, … draws the mean over samples; the last is the arm's own score over these records."""
    used: int
    """Records behind it: their replies, read again, give the votes that were noted."""
    read: int
    records: int
    """Records without an error."""


class Draw(NamedTuple):
    """One reply, read and scored by itself."""

    answer: str | None
    score: float | None


@dataclass(frozen=True, slots=True)
class Reading:
    """How an arm's replies are read and scored again."""

    metric: StoredMetric
    scorer: Metric
    parse: Parser


def draws_curve(store: Store, run: str, arm: str) -> Curve | None:
    """The curve of an arm of self-consistency, exact over all subsets of the stored draws; nothing is sent.

    None where it has no metric that judges, or no record can be read again: pruned replies, a pattern of
    the dataset's own. None too where samples had different numbers of draws: who stops when the votes are
    clear has chosen the draws by what they say, and part of them is no fair sample.
    Raises ConfigError for an unknown run or arm.
    """
    row = store.find_run(run)
    found = match_arm(store.arms(row.id), arm)
    read = list(attempts(store, row, found))
    reading = reading_of(found, read)
    if reading is None or not read:
        return None
    texts = _texts(store, found, origin(store, row), read[-1].id)
    values = [(one, _expected(one, texts.get(one.id, []), reading)) for one in read]
    known = [(one, value) for one, value in values if value is not None]
    numbers = {len(value) for _, value in known}
    if len(numbers) != 1:
        return None
    points = (interval_over((one, value[m]) for one, value in known) for m in range(*numbers))
    return Curve(reading.metric.name, tuple(points), len(known), len(read), finished(store, found))


def reading_of(arm: Any, read: Sequence[Attempt]) -> Reading | None:
    """None without a metric that judges between 0 and 1, or where a reply alone does not tell its value:

    its function is not to be found, it reads what the strategy noted, or an endpoint would have to be asked.
    """
    metric = judged_by(arm)
    if metric is None:
        return None
    spec = loads(arm.metrics)[metric.place]["spec"]
    try:
        [scorer] = metric_room.resolve([spec], arm.task, Path.cwd())
    except ConfigError:
        return None
    labels = dict.fromkeys(label for one in read for label in (*one.sample.targets, *cast_in(one.details)[0]))
    if not isinstance(scorer, Metric) or scorer.reads == "details" or scorer.embedder not in (None, NAME):
        return None
    return Reading(metric, scorer, parser(arm.task, tuple(labels)))


def _texts(store: Store, arm: Any, maker: str, last: int) -> Mapping[int, list[str | None]]:
    """Record → its replies in the order of the draws; None for one that the store no longer holds."""
    found = (responses.c.key == calls.c.key) & (responses.c.version == version_of(maker))
    query = (
        select(calls.c.record, responses.c.text)
        .select_from(calls.outerjoin(responses, found))
        .where(calls.c.record.between(schema.record_range(arm.id)[0], last))
        .order_by(calls.c.record, responses.c.draw, calls.c.seq)
    )
    with store.engine.connect() as connection:
        rows = connection.execution_options(yield_per=1_000).execute(query)
        return {record: [row.text for row in own] for record, own in groupby(rows, lambda row: row.record)}


def _expected(attempt: Attempt, texts: Sequence[str | None], reading: Reading) -> list[float] | None:
    """Expected merit by number of draws; None where the replies do not give what was noted."""
    draws = [read_alone(text, attempt.sample, reading) for text in texts if text is not None]
    answers = [draw.answer for draw in draws]
    noted, _ = cast_in(attempt.details)
    scores = [draw.score for draw in draws if draw.score is not None]
    if len(scores) < len(texts) or not scores or Counter(one for one in answers if one is not None) != noted:
        return None
    expected = expected_by_draws(answers, scores)
    if attempt.score is None or abs(expected[-1] - merit(reading.metric, attempt.score)) > SAME:
        return None
    return expected


def read_alone(text: str, sample: Sample, reading: Reading) -> Draw:
    """What one reply alone would be read as, and its merit."""
    answer = reading.parse(text, sample)
    if answer is None and reading.scorer.reads != "reply":
        return Draw(None, 0.0)
    score = reading.scorer.score(text if reading.scorer.reads == "reply" else str(answer), sample)
    return Draw(answer, None if score is None else merit(reading.metric, score.value))
