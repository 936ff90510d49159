"""Worked examples for a prompt: which ones, in which order, and never the question's own answer."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain, zip_longest

from promptsweep.datasets.text import normalised
from promptsweep.datasets.vectors import Vectors
from promptsweep.errors import ConfigError, unknown
from promptsweep.types import Sample, nfc

SELECTORS = ("first", "random", "balanced", "nearest", "diverse")

_RELEVANCE = {"nearest": 1.0, "diverse": 0.5}
"""Selectors that depend on the sample, and the weight they give to likeness against novelty (λ)."""


class Shots:
    """Picks worked examples from a train split.

    - `first`: the first of the file;
    - `random`: drawn by the seed;
    - `balanced`: drawn by the seed, alternating targets; as `random` where targets are no classes;
    - `nearest`: the inputs most like the sample's, the most alike last;
    - `diverse`: like the sample's and unlike each other (maximal marginal relevance, Carbonell and
      Goldstein 1998, λ = ½), the most alike last.
    """

    def __init__(self, train: Sequence[Sample], by_target: bool = True) -> None:
        """`by_target` says that equal targets are a class (classification)."""
        self._train = tuple(train)
        self._by_target = by_target
        self._inputs = [normalised(sample.input) for sample in self._train]
        self._known = frozenset(self._inputs)
        self._fixed: dict[tuple[str, int, str | None], list[int]] = {}

    def pick(
        self, sample: Sample, k: int, select: str = "balanced", seed: int = 0, order: int = 0
    ) -> list[Sample]:
        """`k` examples for the sample, in the selector's own order (`order` 0) or shuffled by seed `order`.

        An example with the sample's own input (but for Unicode form, case and white space) is never
        picked; the next best takes its place. Only where no other is left is there one fewer.
        Raises ConfigError for an unknown selector and for more examples than the train split has.
        """
        if select not in SELECTORS:
            raise ConfigError(unknown("selector", select, SELECTORS))
        if not 0 <= k <= len(self._train):
            raise ConfigError(f"{k} worked examples were asked for; the train split has {len(self._train)}")
        shots = [self._train[index] for index in self._indices(normalised(sample.input), k, select, seed)]
        if order:
            random.Random(order).shuffle(shots)
        return shots

    def _indices(self, asked: str, k: int, select: str, seed: int) -> list[int]:
        if k == 0:
            return []
        if select in _RELEVANCE:
            return self._vectors.alike(asked, self._allowed(asked), k, _RELEVANCE[select])[::-1]
        key = (select, seed, asked if asked in self._known else None)
        if key not in self._fixed:
            self._fixed[key] = self._ranking(self._allowed(asked), select, seed)
        return self._fixed[key][:k]

    @cached_property
    def _vectors(self) -> Vectors:
        return Vectors(self._inputs)

    def _allowed(self, asked: str) -> list[int]:
        return [index for index, text in enumerate(self._inputs) if text != asked]

    def _ranking(self, allowed: list[int], select: str, seed: int) -> list[int]:
        """All allowed examples, the first to pick first; leaving one out leaves the others' draw alone."""
        if select == "first":
            return allowed
        generator = random.Random(seed)
        draw = [generator.random() for _ in self._train]
        drawn = sorted(allowed, key=draw.__getitem__)
        return self._alternating(drawn) if select == "balanced" and self._by_target else drawn

    def _alternating(self, drawn: list[int]) -> list[int]:
        """The same examples, one of each target in turn for as long as they last."""
        classes: dict[str, list[int]] = {}
        for index in drawn:
            targets = self._train[index].targets
            classes.setdefault(nfc(targets[0]) if targets else "", []).append(index)
        turns = zip_longest(*classes.values())
        return [index for index in chain.from_iterable(turns) if index is not None]


def leaks(train: Iterable[Sample], evaluated: Iterable[Sample]) -> list[tuple[Sample, Sample]]:
    """Pairs of a train and an evaluated sample with the same input but for Unicode form, case and space."""
    known = {normalised(sample.input): sample for sample in train}
    return [(known[asked], sample) for sample in evaluated if (asked := normalised(sample.input)) in known]
