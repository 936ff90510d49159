"""What a run notes when a check may ask for more: where each arm began, and how far it has come."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from promptsweep.reports.store import loads
from promptsweep.types import JSON

NOTED = "check"
"""Key of the facts beside the sweep's own, in what a run stores of its sweep."""
STRIDE = 1.5
"""By how much the samples of an arm grow from one look to the next."""
LEAST = 10
"""But by so many samples at least."""


@dataclass(frozen=True, slots=True)
class Grown:
    """How a run was, and may be, extended; by the labels of its arms."""

    first: Mapping[str, int]
    """Samples of the first look."""
    repeats: int
    """Repeats of the first look."""
    up_to: int | None = None
    """Most samples of an arm; None: no more than the first look has."""
    repeats_to: int | None = None
    """Most repeats; None: no more than at first."""
    repeated: Mapping[str, int] = field(default_factory=dict)
    """Repeats of the arms whose repeats were doubled."""

    def as_json(self) -> dict[str, JSON]:
        """As it is stored."""
        return asdict(self)

    def repeats_of(self, label: str) -> int:
        """How often an arm has been asked each sample."""
        return self.repeated.get(label, self.repeats)

    def epoch(self, label: str) -> int:
        """How often its repeats were doubled."""
        return math.ceil(math.log2(self.repeats_of(label) / self.repeats))


def grown(run: Any) -> Grown | None:
    """The facts in a run's row; None for a run that looks once."""
    found = loads(run.sweep).get(NOTED)
    return None if found is None else Grown(**found)


def planned_repeats(run: Any, label: str) -> int:
    """How often the finished run asks each sample of an arm."""
    found = grown(run)
    return int(run.repeats if found is None else found.repeats_of(label))


def next_size(size: int, most: int) -> int:
    """Samples at the next look: half as many again, at least ten more, at most `most`."""
    return min(most, max(size + LEAST, math.ceil(size * STRIDE)))


def sizes(first: int, planned: int) -> Iterator[int]:
    """Samples at each look so far, the newest with `planned`."""
    size = min(first, planned)
    yield size
    while size < planned:
        size = next_size(size, planned)
        yield size
