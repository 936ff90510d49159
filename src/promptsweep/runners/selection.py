"""Which samples of a dataset a sweep evaluates, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from promptsweep.datasets import Dataset, choose
from promptsweep.types import Sample


@dataclass(frozen=True, slots=True)
class Selection:
    """A split, or a seeded part of it. Iterating gives the samples in the order of the file.

    A whole split is read anew each time and never held in memory; a limited one is kept.
    """

    dataset: Dataset
    split: str
    limit: int | None
    count: int
    warnings: tuple[str, ...]
    _chosen: tuple[Sample, ...] | None

    @classmethod
    def of(cls, dataset: Dataset, split: str, limit: int | None, seed: int) -> Selection:
        """Reads the split once, so that a malformed row is found before anything is sent."""
        survey = dataset.check(split)
        warnings = tuple(f"{dataset.name} ({split}): {warning}" for warning in survey.warnings)
        if limit is None or limit >= survey.count:
            return cls(dataset, split, None, survey.count, warnings, None)
        by_target = dataset.card.task == "classification"
        chosen = tuple(choose(dataset.samples(split), limit, seed, by_target))
        return cls(dataset, split, limit, len(chosen), warnings, chosen)

    def part(self, size: int, seed: int) -> Selection:
        """At most `size` of these samples, drawn as a limit would draw them."""
        if size >= self.count:
            return self
        chosen = tuple(choose(self, size, seed, self.dataset.card.task == "classification"))
        return Selection(self.dataset, self.split, size, len(chosen), self.warnings, chosen)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._chosen) if self._chosen is not None else self.dataset.samples(self.split)
