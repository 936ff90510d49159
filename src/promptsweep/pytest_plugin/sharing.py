"""Work done once for all workers of pytest-xdist."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from promptsweep.errors import PromptsweepError

_PATIENCE = 7 * 86_400.0
"""Seconds that a worker waits for another's sweep. Its lock goes with its process, so this is no guess."""


@dataclass(frozen=True, slots=True)
class Once:
    """Texts, each made by the first who asks, in this process or in another that shares `folder`."""

    folder: Path | None
    """None: there are no other processes."""
    _made: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)

    def __call__(self, key: str, make: Callable[[], str]) -> str:
        """What `make` returned for this key. A PromptsweepError of it is raised again for all who ask."""
        if key not in self._made:
            self._made[key] = _attempted(make) if self.folder is None else self._shared(key, make)
        text, error = self._made[key]
        if text is None:
            raise PromptsweepError(error)
        return text

    def _shared(self, key: str, make: Callable[[], str]) -> tuple[str | None, str | None]:
        """Under a lock of SQLite, one file a key: who comes later waits, and finds the row."""
        assert self.folder is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.db"
        with contextlib.closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as database:
            database.execute("BEGIN EXCLUSIVE")
            database.execute("CREATE TABLE IF NOT EXISTS made (text TEXT, error TEXT)")
            found = database.execute("SELECT text, error FROM made").fetchone()
            if found is None:
                found = _attempted(make)
                database.execute("INSERT INTO made VALUES (?, ?)", found)
            database.execute("COMMIT")
        text, error = found
        return text, error


def _attempted(make: Callable[[], str]) -> tuple[str | None, str | None]:
    try:
        return make(), None
    except PromptsweepError as error:
        return None, str(error)
