"""A seeded sample of a stream: the same one each time, whatever the machine."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Mapping

from promptsweep.types import Sample, nfc


def choose(samples: Iterable[Sample], limit: int, seed: int, by_target: bool) -> list[Sample]:
    """At most `limit` samples, drawn evenly without replacement, in the order of the stream.

    With `by_target` every target has its share of the draw as of the data (largest remainder). Which are
    drawn hangs on the seed and the samples' ids alone, so that without `by_target` a smaller limit draws a
    subset of a larger one. Holds at most `limit` samples a target.
    """
    groups: dict[str, _Reservoir] = {}
    sizes: Counter[str] = Counter()
    for position, sample in enumerate(samples):
        group = nfc(sample.targets[0]) if by_target and sample.targets else ""
        sizes[group] += 1
        groups.setdefault(group, _Reservoir(limit, seed)).offer(position, sample)
    quotas = shares(sizes, limit)
    drawn = [pair for group, reservoir in groups.items() for pair in reservoir.first(quotas[group])]
    return [sample for _, sample in sorted(drawn, key=lambda pair: pair[0])]


def shares(sizes: Mapping[str, int], limit: int) -> dict[str, int]:
    """Splits `limit` (or all, if fewer) in proportion to the sizes, each share within 1 of the exact one."""
    total = sum(sizes.values())
    limit = min(limit, total)
    exact = {group: divmod(limit * size, total) for group, size in sizes.items()}
    missing = limit - sum(whole for whole, _ in exact.values())
    by_remainder = sorted(exact, key=lambda group: (-exact[group][1], group))
    return {group: exact[group][0] + (group in by_remainder[:missing]) for group in exact}


class _Reservoir:
    """Keeps the samples whose ids hash lowest: an even draw that does not hang on the order."""

    def __init__(self, size: int, seed: int) -> None:
        self._size, self._seed = size, str(seed).encode()[:64]
        self._kept: list[tuple[int, int, Sample]] = []

    def offer(self, position: int, sample: Sample) -> None:
        key = hashlib.blake2b(sample.id.encode(), digest_size=8, key=self._seed)
        entry = (-int.from_bytes(key.digest()), -position, sample)
        if len(self._kept) < self._size:
            heapq.heappush(self._kept, entry)
        elif self._kept and entry > self._kept[0]:
            heapq.heapreplace(self._kept, entry)

    def first(self, count: int) -> list[tuple[int, Sample]]:
        """Position and sample of the `count` lowest."""
        return [(-place, sample) for _, place, sample in heapq.nlargest(count, self._kept)]
