"""A throw-away PostgreSQL server for tests: its own folder, user and port, removed at the end."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

QUICK = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=60")
"""A server whose data nobody needs after a power cut."""
TEMPLATE = "made"
"""The database whose tables are those of a new store."""
OWNERS = ("postgres", "nobody")
"""Who the server runs as where root runs the tests: it refuses to be root."""


class Cluster:
    """A running server. Its folder is short, as the path of a socket must be."""

    def __init__(self, programs: Path):
        self._programs = programs
        self._root = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._under: list[str] = []
        self.owner: int | str = os.geteuid()
        if self.owner == 0:
            self.owner = next(name for name in OWNERS if _exists(name))
            shutil.chown(self._root, self.owner)
            self._under = ["setpriv", f"--reuid={self.owner}", "--clear-groups", "--"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        known = ("--no-sync", "--auth=scram-sha-256", "--username=me", "--encoding=UTF8", "--locale=C.UTF-8")
        self.password = uuid.uuid4().hex
        secret = self._root / "secret"
        secret.write_text(self.password, encoding="utf-8")
        shutil.chown(secret, self.owner)
        self._do("initdb", "-D", self.data, f"--pwfile={secret}", *known)
        self.start()

    @property
    def data(self) -> Path:
        """The server's folder."""
        return self._root / "data"

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        settings = [*QUICK, "listen_addresses=127.0.0.1", f"unix_socket_directories={self._root}"]
        options = " ".join(f"-c {one}" for one in settings)
        self._do(
            "pg_ctl",
            "-D",
            self.data,
            "-w",
            "-o",
            f"-p {self.port} {options}",
            "-l",
            self._root / "log",
            "start",
        )

    def stop(self, mode: str = "immediate") -> None:
        """Stops it: at once, as a crash would, or `fast`."""
        self._do("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def remove(self) -> None:
        """Stops it, and removes all it held."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self._root, ignore_errors=True)

    def url(self, database: str, *, password: str | None = None, options: str = "") -> str:
        """The address of a database."""
        return f"postgresql://me:{password or self.password}@127.0.0.1:{self.port}/{database}{options}"

    def make(self, template: str = "template0") -> str:
        """Makes a database like another one; returns its name."""
        name = f"t{uuid.uuid4().hex}"
        busy = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{template}'"
        self.execute(busy)
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Does something as the server's master; returns the rows."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _do(self, program: str, *words: object) -> None:
        line = [*self._under, str(self._programs / program), *map(str, words)]
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL, cwd="/")


def _exists(user: str) -> bool:
    import pwd

    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`; None where there is none. Debian keeps them off the path."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    return next((place for place in places if (place / "pg_ctl").exists()), None)


@contextlib.contextmanager
def running() -> Iterator[Cluster]:
    """A server while it is needed. Without PostgreSQL, tests are skipped; in CI, they fail."""
    place = programs()
    if place is None:
        missing = "no PostgreSQL server is installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    cluster = Cluster(place)
    try:
        yield cluster
    finally:
        cluster.remove()
