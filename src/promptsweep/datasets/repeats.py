"""Finds the keys that occur more than once among millions, in little memory."""

from __future__ import annotations

from array import array
from itertools import pairwise

_PARTS = 16
"""Keys are kept and compared in so many parts, so that few of them are Python objects at a time."""


class Repeats:
    """Collects integer keys (as `hash` gives them) at 8 bytes each."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts = [array("q") for _ in range(_PARTS)]

    def add(self, key: int) -> None:
        """Notes a key."""
        self._parts[key % _PARTS].append(key)

    def found(self) -> set[int]:
        """The keys that were noted more than once."""
        return {one for part in self._parts for one, other in pairwise(sorted(part)) if one == other}
