"""Where files are kept: a path on this machine, or any URL that fsspec understands (`s3://`, `gs://`, …)."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from promptsweep import config
from promptsweep.errors import ConfigError, MissingExtraError, unknown
from promptsweep.urls import is_url, shown, without_secrets

Place: TypeAlias = str | Path
"""A path, or a text that holds a path or a URL."""


def inside(folder: Place, *names: str) -> Place:
    """A file in a folder."""
    if isinstance(folder, str) and is_url(folder):
        return "/".join([folder.rstrip("/"), *names])
    return Path(folder).joinpath(*names)


@contextlib.contextmanager
def stored(place: Place) -> Iterator[Path]:
    """A local file to write to; when left it is at `place`, whole, in place of what was there.

    Until then nothing is, so that nobody ever reads a part of it. Memory does not grow with the file, as it
    is written to this machine's disk first. Raises ConfigError, in one line and without credentials, where it
    cannot be written.
    """
    system, path = _system(place) if isinstance(place, str) and is_url(place) else (None, str(place))
    if system is None or "file" in system.protocol:
        with _kept(Path(path)) as local:
            yield local
    else:
        with tempfile.TemporaryDirectory(prefix="promptsweep-") as folder:
            local = Path(folder) / "object"
            yield local
            with _reported(str(place), "written"):
                system.put_file(str(local), path)


def read_text(place: Place) -> str:
    """The text of a file, UTF-8; ConfigError, in one line, where it cannot be read."""
    if not (isinstance(place, str) and is_url(place)):
        return config.read_text(Path(place))
    system, path = _system(place)
    with _reported(place, "read"):
        content = bytes(system.cat_file(path))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8 text", path=shown(place)) from None


@contextlib.contextmanager
def _kept(path: Path) -> Iterator[Path]:
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=path.parent) from None
    try:
        yield fresh
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise ConfigError(f"cannot be written: {error.strerror}", path=path) from None
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _system(url: str) -> tuple[Any, str]:
    """The filesystem of a URL, and the path in it."""
    try:
        from fsspec.core import url_to_fs
        from fsspec.registry import available_protocols, registry
    except ImportError:
        raise MissingExtraError("a URL as a place for files", "objects") from None
    protocol = url.partition("://")[0].rpartition("::")[2]
    known = {*available_protocols(), *registry}
    if protocol not in known:
        raise ConfigError(unknown("kind of URL", protocol, known), path=shown(url))
    with _reported(url, "reached"):
        system, path = url_to_fs(url)
    return system, str(path)


@contextlib.contextmanager
def _reported(url: str, done: str) -> Iterator[None]:
    """Turns whatever a filesystem raises into one line."""
    try:
        yield
    except ImportError as error:
        raise ConfigError(f"needs another package: {_told(error, url)}", path=shown(url)) from None
    except NotImplementedError:
        raise ConfigError(f"cannot be {done}: this kind of URL does not allow it", path=shown(url)) from None
    except Exception as error:  # noqa: BLE001  each filesystem has errors of its own
        why = "there is no such file" if isinstance(error, FileNotFoundError) else _told(error, url)
        raise ConfigError(f"cannot be {done}: {why}", path=shown(url)) from None


def _told(error: Exception, url: str) -> str:
    """What an error says, on one line and without the credentials of the URL."""
    return without_secrets(" ".join((str(error) or type(error).__name__).split()), url)[:300]
