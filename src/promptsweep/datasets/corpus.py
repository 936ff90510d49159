"""The passages of a dataset, to be searched: what retrieval retrieves from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from promptsweep.datasets.text import normalised, text_of
from promptsweep.datasets.vectors import Vectors
from promptsweep.errors import ConfigError
from promptsweep.types import Sample

FUSION = 60
"""k of reciprocal-rank fusion, as its authors chose it."""
DEPTH = 100
"""Passages of each ranking that are fused."""
_WORD = re.compile(r"\S+")


class Passage(NamedTuple):
    """A piece of text that may hold an answer."""

    id: str
    """That of the whole passage, for each of its parts too."""
    text: str
    part: int = 0
    """Which part of the passage it is, from 1; 0 for the whole."""


class Corpus:
    """Passages, ranked by TF-IDF cosine of words and characters (see `Vectors`), by vectors, or by both."""

    def __init__(self, passages: Iterable[Passage]):
        self.passages = tuple(passages)
        self._by_text = {passage.text: passage.id for passage in self.passages}

    @classmethod
    def of(cls, samples: Iterable[Sample], name: str | None) -> Corpus:
        """Every different `context` of the samples; called by the field `name`, else numbered from 1.

        Raises ConfigError where no sample has a context.
        """
        found: dict[str, str] = {}
        for sample in samples:
            text = text_of(sample.fields.get("context"))
            if text.strip():
                found.setdefault(text, str(sample.fields.get(name or "", len(found) + 1)))
        if not found:
            raise ConfigError("there is nothing to retrieve from: no row has a context")
        return cls(Passage(identity, text) for text, identity in found.items())

    def split(self, size: int, overlap: int) -> Corpus:
        """The parts of all passages, each of at most `size` characters (see `parts`)."""
        return Corpus(
            Passage(passage.id, text, part)
            for passage in self.passages
            for part, text in enumerate(parts(passage.text, size, overlap), 1)
        )

    def search(self, query: str, count: int) -> list[Passage]:
        """The passages most like the query by TF-IDF, the best first."""
        return [self.passages[at] for at in self._alike(query, count)]

    def near(
        self, query: str, count: int, vectors: Any, vector: Any, *, fused: bool = False
    ) -> list[Passage]:
        """The passages whose `vectors` (unit length, one a row) are nearest to the query's, the best first.

        `fused` ranks them by this and by TF-IDF together (`fuse`).
        """
        import numpy as np

        most = max(count, DEPTH) if fused else count
        order = np.argsort(-(vectors @ vector), kind="stable")[:most].tolist()
        ranked = fuse([order, self._alike(query, most)]) if fused else order
        return [self.passages[at] for at in ranked[:count]]

    def gold(self, sample: Sample) -> Passage | None:
        """The passage that is the sample's own context; None where it has none."""
        text = text_of(sample.fields["context"]) if "context" in sample.fields else None
        return Passage(self._by_text[text], text) if text is not None and text in self._by_text else None

    def _alike(self, query: str, count: int) -> list[int]:
        return self._vectors.alike(normalised(query), range(len(self.passages)), count, 1.0)

    @cached_property
    def _vectors(self) -> Vectors:
        return Vectors([normalised(passage.text) for passage in self.passages])


def fuse(rankings: Sequence[Sequence[int]]) -> list[int]:
    """One ranking of several: by Σ 1/(60 + place), places from 1 (Cormack, Clarke and Büttcher 2009)."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for place, one in enumerate(ranking, 1):
            scores[one] = scores.get(one, 0.0) + 1 / (FUSION + place)
    return sorted(scores, key=lambda one: -scores[one])


def parts(text: str, size: int, overlap: int) -> Iterator[str]:
    """A text as parts of at most `size` characters, cut between words; longer words are cut themselves.

    Each part begins with the last words of the one before, up to `overlap` characters.
    """
    words = [
        (at, min(at + size, word.end()))
        for word in _WORD.finditer(text)
        for at in range(word.start(), word.end(), size)
    ]
    begin = end = 0
    while end < len(words):
        while end < len(words) and words[end][1] - words[begin][0] <= size:
            end += 1
        yield text[words[begin][0] : words[end - 1][1]]
        if end < len(words):
            earliest = max(words[end - 1][1] - overlap, words[end][1] - size)
            begin = next(at for at in range(begin + 1, end + 1) if words[at][0] >= earliest or at == end)
