"""The samples on which two arms differ: what one got right and the other wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from promptsweep.reports import schema
from promptsweep.reports.arms import within
from promptsweep.reports.pairing import Pair, Pairs
from promptsweep.reports.readings import AT_ONCE
from promptsweep.reports.store import loads

records, samples = schema.records, schema.samples
MOST = 50
"""Flips kept of each kind where nobody says how many: those with the greatest difference."""


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
    """Samples on which two arms differ, the greatest difference first; at most so many of each kind."""

    lost: tuple[Flip, ...] = ()
    """A is better: what B broke."""
    won: tuple[Flip, ...] = ()
    """B is better: what B repaired."""


def find_flips(
    connection: Connection, a: Any, b: Any, pairs: Pairs, sign: int, most: int | None = MOST
) -> Flips:
    """At most `most` flips of each kind among `pairs`; `sign` is −1 where lower is better."""
    if most == 0:
        return Flips()
    lost, won = lost_and_won(pairs, sign, most)
    found = list(described(connection, a, b, [*lost, *won]))
    return Flips(tuple(found[: len(lost)]), tuple(found[len(lost) :]))


def lost_and_won(pairs: Pairs, sign: int, most: int | None = None) -> tuple[list[Pair], list[Pair]]:
    """The pairs in which A is better, and those in which B is; each the greatest difference first.

    At most `most` of each, None for all.
    """
    import numpy as np

    gains = sign * (pairs.b - pairs.a)
    ranked = np.argsort(-np.abs(gains), kind="stable")
    sides = (ranked[gains[ranked] < 0], ranked[gains[ranked] > 0])
    lost, won = ([pairs[place] for place in side[:most].tolist()] for side in sides)
    return lost, won


def change_words(higher_is_better: bool | None) -> tuple[str, str]:
    """What the samples are called on which A is better, and those on which B is; or lower, and higher."""
    return ("lower", "higher") if higher_is_better is None else ("lost", "won")


def described(connection: Connection, a: Any, b: Any, pairs: Sequence[Pair]) -> Iterator[Flip]:
    """The pairs, in order, with their samples and both answers, which are read in batches."""
    for start in range(0, len(pairs), AT_ONCE):
        batch = pairs[start : start + AT_ONCE]
        contents = _contents(connection, [pair.digest for pair in batch])
        ids = [pair.sample_id for pair in batch]
        answers_a, answers_b = (_answers(connection, arm, ids) for arm in (a, b))
        for pair in batch:
            content, one = contents[pair.digest], pair.sample_id
            targets = tuple(loads(content.targets))
            yield Flip(one, content.input, targets, answers_a[one], answers_b[one], pair.a, pair.b)


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
