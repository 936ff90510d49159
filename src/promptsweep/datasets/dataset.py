"""A dataset: a card and the samples of its splits, read anew each time they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from promptsweep.answers.schemas import text_of
from promptsweep.datasets.card import Card, read_card
from promptsweep.datasets.corpus import Corpus
from promptsweep.datasets.samples import numbered_samples
from promptsweep.datasets.shots import leaks
from promptsweep.datasets.source import Source
from promptsweep.datasets.survey import Survey
from promptsweep.datasets.surveyor import Surveyor
from promptsweep.errors import ConfigError, unknown
from promptsweep.types import JSON, Sample, digest
from promptsweep.workspace import Workspace

EVALUATED = ("test", "dev", "validation")
"""Splits that are evaluated when none is named: the first of these that there is."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled data. `split=None` always means the evaluated split."""

    name: str
    card: Card
    path: Path
    """The card's file."""

    def split(self, name: str | None = None) -> str:
        """The split's name, checked; without one test, dev, validation, or the first that is not train."""
        splits = self.card.splits
        if name is None:
            others = [split for split in splits if split != "train"]
            return next((split for split in EVALUATED if split in splits), (others or list(splits))[0])
        if name not in splits:
            raise ConfigError(unknown("split", name, splits), path=self.path)
        return name

    def samples(self, split: str | None = None) -> Iterator[Sample]:
        """The split's samples in the order of the file, streamed."""
        return (sample for _, sample in numbered_samples(self.card, self._source(split)))

    def digest(self, split: str | None = None) -> str:
        """Content address of the split: its rows, and what of the card makes prompts and reads answers.

        Another description, licence, author, version or choice of metrics is the same content.
        """
        card, source = self.card, self._source(split)
        reading = [card.fields, card.labels, card.answer_pattern, source.part, source.where]
        return digest(self.context, *reading, _content(card, source))

    @property
    def context(self) -> Mapping[str, JSON]:
        """What templates see besides the sample; `schema` where the card has one, as JSON text."""
        card = self.card
        return {
            "task": card.task,
            "instruction": card.instruction,
            "form": card.answer_form,
            "labels": list(card.labels),
            "language": card.language,
            "dataset": self.name,
            **({} if card.schema is None else {"schema": text_of(card.schema)}),
        }

    def survey(self, split: str | None = None) -> Survey:
        """Counts and problems of the split, in one pass over it."""
        name = self.split(split)
        source = self.card.splits[name]
        return Surveyor(self.card, source.place).survey(
            self.name, name, partial(numbered_samples, self.card, source)
        )

    def corpus(self) -> Corpus:
        """The different contexts of all splits; ConfigError where there is none."""
        rows = (sample for split in self.card.splits for sample in self.samples(split))
        return Corpus.of(rows, self.card.cluster)

    def leaked(self, split: str) -> int:
        """How many of the split's inputs the train split has as well."""
        if split == "train" or "train" not in self.card.splits:
            return 0
        return len(leaks(self.samples("train"), self.samples(split)))

    def check(self, split: str | None = None) -> Survey:
        """The survey of a split that a run may use; ConfigError for the first problem that is an error."""
        survey = self.survey(split)
        survey.raise_errors()
        return survey

    def _source(self, split: str | None) -> Source:
        return self.card.splits[self.split(split)]


def _content(card: Card, source: Source) -> str:
    """Address of the file's bytes; of its samples where it is on the hub."""
    if source.file is not None:
        with source.file.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()
    address = hashlib.blake2b()
    for _, sample in numbered_samples(card, source):
        address.update(f"{sample.id}\0{sample.digest}\n".encode())
    return address.hexdigest()


def load(reference: str, workspace: Workspace) -> Dataset:
    """The dataset of a name, or of a path to its card. ConfigError with the nearest name if there is none."""
    path = workspace.file("datasets", reference, ".yaml", "dataset")
    return Dataset(path.stem, read_card(path), path)
