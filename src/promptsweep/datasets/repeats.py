"""Finds repeated keys among millions, in little memory."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator

_PARTS, _SMALL = 8, 8192
"""Keys are compared in so many parts, where there are enough, so that few are Python objects at a time."""


class Repeats:
    """Collects integer keys (as `hash` gives them) at 8 bytes each, and tells afterwards which came again."""

    __slots__ = ("_keys",)

    def __init__(self) -> None:
        self._keys = array("q")

    def add(self, key: int) -> None:
        """Notes the next key."""
        self._keys.append(key)

    def found(self) -> Iterator[tuple[int, int]]:
        """(place where the key first came, place) of every key that had come before, in order, from 0."""
        again = self._again()
        first: dict[int, int] = {}
        for place, key in enumerate(self._keys if again else ()):
            if key in again and first.setdefault(key, place) != place:
                yield first[key], place

    def _again(self) -> set[int]:
        """The keys that came more than once."""
        parts = min(_PARTS, 1 + len(self._keys) // _SMALL)
        again: set[int] = set()
        for part in range(parts):
            keys = [key for key in self._keys if key % parts == part]
            if len(set(keys)) < len(keys):
                again.update(key for key, count in Counter(keys).items() if count > 1)
        return again
