"""Rows into Samples, by what the card says of their columns."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from promptsweep.datasets.card import Card
from promptsweep.datasets.read import Row
from promptsweep.datasets.seen import FirstSeen
from promptsweep.datasets.source import Source
from promptsweep.datasets.text import matches, normalised, targets_of, text_of
from promptsweep.errors import ConfigError, unknown
from promptsweep.types import Sample

_ID_DIGITS = 12
_MARKS = 2**32


def numbered_samples(card: Card, source: Source) -> Iterator[tuple[int, Sample]]:
    """The samples of one split with their line numbers, streamed in the order of the rows."""
    build = _Builder(card, source.place)
    for line, row in source.rows():
        if source.where and not matches(row, source.where):
            continue
        sample = build(row, line)
        if source.part is None or _inside(source.part, _group(sample, card.cluster)):
            yield line, sample


def _group(sample: Sample, cluster: str | None) -> str:
    """What decides the part a sample falls into: rows of one cluster, or of one input, stay together."""
    together = sample.fields.get(cluster) if cluster else None
    return text_of(together) or normalised(sample.input)


def _inside(part: tuple[float, float], group: str) -> bool:
    mark = int.from_bytes(hashlib.blake2b(group.encode(), digest_size=4).digest()) / _MARKS
    return part[0] <= mark < part[1]


class _Builder:
    """Makes the Sample of a row; names those without an id after their content."""

    def __init__(self, card: Card, place: str) -> None:
        renamed = dict(card.fields)
        self._id, self._input, self._target = (renamed.pop(name, name) for name in ("id", "input", "target"))
        self._renamed = tuple(renamed.items())
        self._place = place
        self._seen = FirstSeen()
        self._repeats: Counter[str] = Counter()

    def __call__(self, row: Row, line: int) -> Sample:
        """The row's Sample; the row itself becomes its fields."""
        if self._input not in row:
            hint = "; name it in the card: `fields: {input: …}`"
            message = unknown("column", self._input, row) + hint
            raise ConfigError(message, path=self._place, line=line)
        shared = {name: row[column] for name, column in self._renamed if column in row}
        given, text, target = row.pop(self._id, None), row.pop(self._input), row.pop(self._target, None)
        for _, column in self._renamed:
            row.pop(column, None)
        fields = row | shared if shared else row
        sample = Sample(text_of(given), text_of(text), targets_of(target), fields)
        if sample.id:
            return sample
        return Sample(self._own_id(sample.digest, line), sample.input, sample.targets, fields)

    def _own_id(self, address: str, line: int) -> str:
        name = address[:_ID_DIGITS]
        if self._seen.line(int(name, 16), line) == line:
            return name
        self._repeats[name] += 1
        return f"{name}-{self._repeats[name] + 1}"
