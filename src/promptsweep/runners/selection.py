"""Which samples of a dataset a sweep evaluates, in a fixed order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from promptsweep.datasets import Dataset, choose
from promptsweep.types import Sample


class Checked(NamedTuple):
    """What a check of a whole split found, when a run of it began."""

    samples: int
    warnings: tuple[str, ...]


Known = Callable[[Dataset, str], Checked | None]
"""Dataset and split → what is known of exactly these rows; None where they are to be checked."""


def nothing_known(_dataset: Dataset, _split: str) -> None:
    """Every split is checked."""


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
    def of(
        cls, dataset: Dataset, split: str, limit: int | None, seed: int, known: Known = nothing_known
    ) -> Selection:
        """Reads the split once, so that a malformed row is found before anything is sent."""
        count, warnings = known(dataset, split) or _checked(dataset, split)
        if limit is None or limit >= count:
            return cls(dataset, split, None, count, warnings, None)
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


def warning_of(dataset: str, split: str, text: str = "") -> str:
    """A warning as a plan shows it; without the text, how all of the split's begin."""
    return f"{dataset} ({split}): {text}"


def _checked(dataset: Dataset, split: str) -> Checked:
    survey = dataset.check(split)
    warnings = tuple(warning_of(dataset.name, split, str(warning)) for warning in survey.warnings)
    return Checked(survey.count, warnings)
