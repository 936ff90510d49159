"""A recording by the keys of its requests: the file stays on disk, memory holds sixteen bytes a reply."""

from __future__ import annotations

import hashlib
import tempfile
import weakref
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, cast

import orjson

from promptsweep.errors import ConfigError
from promptsweep.models.archives import is_compressed, read_lines
from promptsweep.models.exchanges import Header, completion_in, header_of, problem_in, request_in
from promptsweep.types import JSON, Completion, Request

KEY_BITS = 64
"""Bits of a key that the index holds; the rest is compared in the file."""


def read_header(path: Path) -> Header | None:
    """The header of a recording that `promptsweep record` wrote; None for any other file."""
    for _, line in read_lines(path):
        return header_of(line, path)
    return None


class KeyedRecording:
    """A recording that `promptsweep record` wrote, ready for look-ups.

    A compressed file is unpacked into a temporary one, which goes with the object.
    """

    def __init__(self, path: Path):
        """Reads the file once. Raises ConfigError for the first thing that is wrong with it."""
        header = read_header(path)
        if header is None:
            message = "has no header: it was not written by promptsweep record"
            raise ConfigError(f"{message}. A file of your own is the model replay:{path}", path=path)
        self.path, self.header = path, header
        compressed = is_compressed(path)
        self._file = cast("BinaryIO", tempfile.TemporaryFile()) if compressed else path.open("rb")  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._keys, self._places, self.digest = self._index(compressed)
        if len(self._keys) < header.replies:
            message = f"is cut off: it holds {len(self._keys):,} of {header.replies:,} replies"
            raise ConfigError(f"{message}. Record it again", path=path)

    def find(self, request: Request) -> Completion | None:
        """The recorded reply to a request; None where there is none. ConfigError for an edited line."""
        wanted = _shortened(request.key)
        at = bisect_left(self._keys, wanted)
        while at < len(self._keys) and self._keys[at] == wanted:
            row = self._row(self._places[at])
            if row["key"] == request.key:
                return self._completion(row)
            at += 1
        return None

    def requests(self) -> Iterator[tuple[int, Request]]:
        """Line numbers and requests of all replies, read from the file again."""
        self._file.seek(0)
        for number, line in enumerate(self._file, start=1):
            if number > 1 and line.strip():
                yield number, request_in(orjson.loads(line))

    def _row(self, place: int) -> Mapping[str, JSON]:
        self._file.seek(place)
        row: Mapping[str, JSON] = orjson.loads(self._file.readline())
        return row

    def _completion(self, row: Mapping[str, JSON]) -> Completion:
        if request_in(row).key != row["key"]:
            message = f"the reply of key {row['key']} was edited: its request has another key now"
            raise ConfigError(f"{message}. Record it again", path=self.path)
        return completion_in(row)

    def _index(self, copied: bool) -> tuple[array[int], array[int], str]:
        """Shortened keys in order, the place of each one's line, and the digest of the content."""
        keys, places, running = array("Q"), array("Q"), hashlib.blake2b(digest_size=16)
        place = 0
        for number, line in read_lines(self.path):
            if copied:
                self._file.write(line)
            running.update(line)
            if number > 1 and line.strip():
                keys.append(_shortened(_key(line, self.path, number)))
                places.append(place)
            place += len(line)
        self._file.flush()
        order = sorted(range(len(keys)), key=keys.__getitem__)
        return (
            array("Q", map(keys.__getitem__, order)),
            array("Q", map(places.__getitem__, order)),
            (running.hexdigest()),
        )


def _shortened(key: str) -> int:
    return int(key[: KEY_BITS // 4], 16)


def _key(line: bytes, path: Path, number: int) -> str:
    """The key of a line; ConfigError for what is no line of a recording."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"not JSON: {error.msg}", path=path, line=number) from None
    problem = problem_in(row)
    if problem is not None:
        raise ConfigError(problem, path=path, line=number)
    return str(row["key"])
