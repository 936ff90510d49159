"""Remembers millions of keys in little memory."""

from __future__ import annotations

from array import array


class FirstSeen:
    """For each integer key, the line where it first came: 18–36 bytes a key (a dict takes about 150).

    An open-addressing hash table. Keys count modulo 2**64; lines run from 1 to 2**32 - 1.
    """

    __slots__ = ("_keys", "_lines", "_used")

    def __init__(self) -> None:
        self._resize(1024)

    def line(self, key: int, line: int) -> int:
        """The line where `key` first came, which is `line` itself when it is new."""
        key &= 0xFFFF_FFFF_FFFF_FFFF
        lines, keys = self._lines, self._keys
        mask = len(lines) - 1
        slot = key & mask
        while lines[slot]:
            if keys[slot] == key:
                return lines[slot]
            slot = (slot + 1) & mask
        keys[slot], lines[slot] = key, line
        self._used += 1
        if self._used * 3 > len(lines) * 2:
            self._grow()
        return line

    def _grow(self) -> None:
        keys, lines = self._keys, self._lines
        self._resize(2 * len(lines))
        for key, line in zip(keys, lines, strict=True):
            if line:
                self.line(key, line)

    def _resize(self, size: int) -> None:
        self._keys, self._lines, self._used = array("Q", bytes(8 * size)), array("I", bytes(4 * size)), 0
