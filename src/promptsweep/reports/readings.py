"""The scores of arms that are held against each other: read once each, small arms several at a time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Connection, Select, func, select

from promptsweep.reports import schema
from promptsweep.reports.arms import arm_of, within
from promptsweep.reports.store import loads

records, samples, scores = schema.records, schema.samples, schema.scores
AT_ONCE = 1_000
"""Rows read, and samples asked for, at a time."""
SAMPLES, ARMS = 20_000, 200
"""Up to so many samples of so many arms are read by one query."""

Key: TypeAlias = tuple[str, str]
"""A sample's id and the digest of its content."""
Scores: TypeAlias = Mapping[Key, float]
"""An arm's samples with their mean scores over repeats, in an order that no query plan changes."""
Wanted: TypeAlias = tuple[Any, int]
"""An arm as stored, and the place of a metric in its list."""


class Reader:
    """Reads the scores of arms, and keeps them as long as others are to be held against them."""

    def __init__(self, connection: Connection, wanted: Sequence[Wanted]):
        """`wanted` is all that will be asked for, in that order, each as often as it will be."""
        self.connection = connection
        self._uses = Counter((arm.id, place) for arm, place in wanted)
        self._ahead = deque({(arm.id, place): (arm, place) for arm, place in wanted}.values())
        self._read: dict[tuple[int, int], dict[Key, float]] = {}
        self._clusters: dict[tuple[str, str], str] = {}

    def scores(self, arm: Any, place: int) -> Scores:
        """The samples of the arm that have a score of the metric at that place."""
        own = arm.id, place
        if own not in self._read:
            self._read_on()
        self._uses[own] -= 1
        return self._read[own] if self._uses[own] else self._read.pop(own)

    def clusters(self, keys: Sequence[Key], field: str) -> list[str]:
        """The value that each sample has of the field that clusters its dataset."""
        digests = dict.fromkeys(digest for _, digest in keys if (field, digest) not in self._clusters)
        missing = list(digests)
        for start in range(0, len(missing), AT_ONCE):
            some = samples.c.digest.in_(missing[start : start + AT_ONCE])
            query = select(samples.c.digest, samples.c.fields).where(some)
            for digest, fields in self.connection.execute(query):
                self._clusters[field, digest] = str(loads(fields).get(field))
        return [self._clusters[field, digest] for _, digest in keys]

    def _read_on(self) -> None:
        """Reads the next of what is wanted, and what comes after it as long as it is little."""
        some, count = [self._ahead.popleft()], 0
        while self._ahead and len(some) < ARMS:
            count += some[-1][0].planned
            if count + self._ahead[0][0].planned > SAMPLES:
                break
            some.append(self._ahead.popleft())
        for place in {place for _, place in some}:
            arms = [arm for arm, own in some if own == place]
            self._read |= {(arm.id, place): {} for arm in arms}
            found = self.connection.execute(_means(arms, place))
            for number, rows in groupby(found, itemgetter(0)):
                self._read[number, place] = {(row[1], row[2]): row[3] for row in rows}


def _means(arms: Sequence[Any], place: int) -> Select[Any]:
    joined = records.join(scores, scores.c.record == records.c.id)
    own = within(scores.c.record, arms) & (scores.c.metric == place)
    keys = (arm_of(scores.c.record), records.c.sample_id, records.c.sample)
    query = select(*keys, func.avg(scores.c.value)).select_from(joined).where(own)
    return query.group_by(*keys).order_by(*keys).execution_options(yield_per=AT_ONCE)
