"""The samples that the baseline got right and a new run wrong."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from promptsweep.reports import schema
from promptsweep.reports.arms import within
from promptsweep.reports.baselines import BaselineArm
from promptsweep.reports.evidence import Pair
from promptsweep.reports.flips import Flip
from promptsweep.reports.readings import AT_ONCE
from promptsweep.reports.slices import natural
from promptsweep.reports.store import loads
from promptsweep.runners.gates import Figure

records, samples = schema.records, schema.samples
MOST = 50
"""Broken samples kept of a gate where nobody says how many: the worst."""


def broken_samples(
    connection: Connection, arm: Any, before: BaselineArm, pairs: Sequence[Pair], figure: Figure, most: int
) -> list[Flip]:
    """At most `most` samples on which the baseline is better, the greatest difference first.

    Their answers in the baseline are None where it was saved without. A sample that only took longer, or
    cost more, is not broken: none for such figures.
    """
    if figure.kind == "amount":
        return []
    sign = -1 if figure.higher_is_better is False else 1
    worse = [pair for pair in pairs if sign * (pair.value - pair.before) < 0]
    worst = heapq.nsmallest(most, _by_id(worse), key=lambda pair: sign * (pair.value - pair.before))
    found: list[Flip] = []
    for start in range(0, len(worst), AT_ONCE):
        found += _described(connection, arm, before, worst[start : start + AT_ONCE])
    return found


def _by_id(pairs: Sequence[Pair]) -> list[Pair]:
    """By id, so that of equally bad samples the same are shown each time."""
    return sorted(pairs, key=lambda pair: natural(pair.new.sample_id))


def _described(connection: Connection, arm: Any, before: BaselineArm, pairs: Sequence[Pair]) -> list[Flip]:
    ids = [pair.new.sample_id for pair in pairs]
    joined = records.join(samples, samples.c.digest == records.c.sample)
    query = select(records.c.sample_id, records.c.answer, samples.c.input, samples.c.targets)
    query = query.select_from(joined).where(within(records.c.id, [arm]), records.c.sample_id.in_(ids))
    contents: dict[str, Any] = {}
    answers: dict[str, dict[str, None]] = {}
    for row in connection.execute(query.order_by(records.c.id)):
        contents[row.sample_id] = row
        given = answers.setdefault(row.sample_id, {})
        given |= {} if row.answer is None else {row.answer: None}
    return [_flip(pair, contents[pair.new.sample_id], answers[pair.new.sample_id], before) for pair in pairs]


def _flip(pair: Pair, content: Any, answers: Mapping[str, None], before: BaselineArm) -> Flip:
    kept = before.answers.get((pair.new.sample_id, pair.new.mark), ())
    return Flip(
        pair.new.sample_id,
        content.input,
        tuple(loads(content.targets)),
        _joined(dict.fromkeys(one for one in kept if one is not None)),
        _joined(answers),
        pair.before,
        pair.value,
    )


def _joined(answers: Mapping[str, None]) -> str | None:
    return " / ".join(answers) if answers else None
