"""Files of lines, as they are or compressed (gzip, Zstandard), read and written as streams."""

from __future__ import annotations

import contextlib
import gzip
import secrets
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from promptsweep.errors import ConfigError

SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst")
"""Endings of the names that files are written under; read is what the content is, whatever its name."""
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
LEVEL = 12
"""Zstandard's: recorded prompts get little smaller beyond it."""
BLOCK = 1 << 14
"""Compressed bytes that are unpacked at once: prompts that share examples shrink to a hundredth."""


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbers (from 1) and lines of a file, line ends and all. Raises ConfigError where it cannot be read."""
    try:
        with path.open("rb") as file:
            yield from enumerate(_lines(file, path), start=1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", path=path) from None


def is_compressed(path: Path) -> bool:
    """Whether places in the file are no places in its text."""
    with path.open("rb") as file:
        return file.read(4).startswith((GZIP, ZSTD))


@contextlib.contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, compressed as its name says; it is there when all is written, or not at all.

    The same content gives the same bytes. Raises ConfigError for another ending, and where it cannot be
    written.
    """
    if not path.name.endswith(SUFFIXES):
        raise ConfigError(f"the name must end in one of {', '.join(SUFFIXES)}", path=path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("xb") as file, _compressing(file, path.suffix) as target:
                yield target
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=path) from None


@contextlib.contextmanager
def _compressing(file: BinaryIO, suffix: str) -> Iterator[BinaryIO]:
    if suffix == ".gz":
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as target:
            yield cast("BinaryIO", target)
    elif suffix == ".zst":
        import zstandard

        packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        with packer.stream_writer(file, closefd=False) as target:
            yield cast("BinaryIO", target)
    else:
        yield file


def _lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    start = file.read(4)
    file.seek(0)
    if start.startswith(GZIP):
        yield from _gzip_lines(file, path)
    elif start == ZSTD:
        yield from _split(_zstd_blocks(file, path))
    else:
        yield from file


def _gzip_lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    try:
        yield from gzip.GzipFile(fileobj=file)
    except EOFError:
        raise _cut_off(path) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ConfigError(f"damaged gzip file: {error}", path=path) from None


def _zstd_blocks(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """The text of all frames: files that were joined are one file."""
    import zstandard

    unpacker = zstandard.ZstdDecompressor()
    frame = unpacker.decompressobj()
    try:
        while packed := file.read(BLOCK):
            while packed:
                frame = unpacker.decompressobj() if frame.eof else frame
                yield frame.decompress(packed)
                packed = frame.unused_data
    except zstandard.ZstdError as error:
        raise ConfigError(f"damaged Zstandard file: {error}", path=path) from None
    if not frame.eof:
        raise _cut_off(path)


def _split(blocks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest


def _cut_off(path: Path) -> ConfigError:
    return ConfigError("is cut off: the compressed file has no end", path=path)
