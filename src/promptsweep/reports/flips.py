"""The samples on which two arms differ: what one got right and the other wrong."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from promptsweep.reports import schema
from promptsweep.reports.arms import within
from promptsweep.reports.store import loads

records, samples = schema.records, schema.samples
MOST = 50
"""Flips kept of each kind: those with the greatest difference."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A sample on which arms A and B score differently."""

    sample_id: str
    input: str
    targets: tuple[str, ...]
    answer_a: str | None
    """None where there is none; the different answers of several repeats, joined by ` / `."""
    answer_b: str | None
    score_a: float
    """Mean over repeats."""
    score_b: float


class Flips(NamedTuple):
    """Samples on which two arms differ, the greatest difference first; at most `MOST` of each kind."""

    lost: tuple[Flip, ...]
    """A is better: what B broke."""
    won: tuple[Flip, ...]
    """B is better: what B repaired."""


def find_flips(connection: Connection, a: Any, b: Any, pairs: Sequence[Any], sign: int) -> Flips:
    """Flips among `pairs` (rows: sample_id, digest, score_a, score_b); `sign` is −1 where lower is better."""

    def gain(pair: Any) -> float:
        return sign * float(pair.score_b - pair.score_a)

    lost = heapq.nsmallest(MOST, (pair for pair in pairs if gain(pair) < 0), key=gain)
    won = heapq.nlargest(MOST, (pair for pair in pairs if gain(pair) > 0), key=gain)
    shown = [*lost, *won]
    contents = _contents(connection, [pair.digest for pair in shown])
    ids = [pair.sample_id for pair in shown]
    answers_a, answers_b = (_answers(connection, arm, ids) for arm in (a, b))

    def flip(pair: Any) -> Flip:
        content, one = contents[pair.digest], pair.sample_id
        targets = tuple(loads(content.targets))
        return Flip(one, content.input, targets, answers_a[one], answers_b[one], pair.score_a, pair.score_b)

    return Flips(tuple(map(flip, lost)), tuple(map(flip, won)))


def _contents(connection: Connection, digests: Sequence[str]) -> Mapping[str, Any]:
    rows = connection.execute(select(samples).where(samples.c.digest.in_(digests)))
    return {row.digest: row for row in rows}


def _answers(connection: Connection, arm: Any, ids: Sequence[str]) -> Mapping[str, str | None]:
    query = select(records.c.sample_id, records.c.answer).where(
        within(records.c.id, [arm]), records.c.sample_id.in_(ids)
    )
    given: dict[str, dict[str, None]] = {one: {} for one in ids}
    for sample_id, answer in connection.execute(query.order_by(records.c.id)):
        if answer is not None:
            given[sample_id][answer] = None
    return {one: " / ".join(answers) if answers else None for one, answers in given.items()}
