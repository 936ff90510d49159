"""The passages of a dataset, to be searched: what retrieval retrieves from."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from promptsweep.datasets.text import normalised, text_of
from promptsweep.datasets.vectors import Vectors
from promptsweep.errors import ConfigError
from promptsweep.types import Sample


class Passage(NamedTuple):
    """A piece of text that may hold an answer."""

    id: str
    text: str


class Corpus:
    """Passages, found by TF-IDF cosine of words and of characters (see `Vectors`)."""

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
            if "context" in sample.fields:
                text = text_of(sample.fields["context"])
                found.setdefault(text, str(sample.fields.get(name or "", len(found) + 1)))
        if not found:
            raise ConfigError("there is nothing to retrieve from: no row has a context")
        return cls(Passage(identity, text) for text, identity in found.items())

    def search(self, query: str, count: int) -> list[Passage]:
        """The passages most like the query, the best first."""
        everything = range(len(self.passages))
        return [self.passages[at] for at in self._vectors.alike(normalised(query), everything, count, 1.0)]

    def gold(self, sample: Sample) -> Passage | None:
        """The passage that is the sample's own context; None where it has none."""
        text = text_of(sample.fields["context"]) if "context" in sample.fields else None
        return Passage(self._by_text[text], text) if text is not None and text in self._by_text else None

    @cached_property
    def _vectors(self) -> Vectors:
        return Vectors([normalised(passage.text) for passage in self.passages])
