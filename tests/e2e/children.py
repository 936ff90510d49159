"""Runs in processes of their own, that can be killed, stopped and interrupted."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import promptsweep
from promptsweep.workspace import Workspace

FORKS = multiprocessing.get_context("forkserver")
"""Makes processes that need not import anything first."""
FORKS.set_forkserver_preload(
    ["promptsweep.api", "promptsweep.reports.sink", "aiohttp", "pydantic", "tenacity", "ruamel.yaml"]
)


class Alive(Protocol):
    """A process, of whichever library."""

    def is_alive(self) -> bool:
        """Whether it has not ended yet."""


class Command:
    """`promptsweep …` in a process of its own, which goes on until it is waited for."""

    def __init__(self, *words: Any, under: Sequence[str] = ()):
        """`under` is a command that starts it, such as `nice`."""
        line = [*under, sys.executable, "-m", "promptsweep", *map(str, words)]
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def signal(self, number: int) -> None:
        """Sends it a signal."""
        self.process.send_signal(number)

    def ended(self, seconds: float = 60) -> tuple[int, str]:
        """Its exit code, and what it printed on stderr; it is killed where it takes longer."""
        try:
            _, printed = self.process.communicate(timeout=seconds)
        finally:
            self.process.kill()
        return self.process.returncode, printed


def run_command(workspace: Workspace, *words: Any, under: Sequence[str] = ()) -> Command:
    """`promptsweep run moods` without its progress."""
    return Command("run", "moods", "--no-progress", "--workspace", workspace.root, *words, under=under)


def start(sweep: str, workspace: Workspace, resume: str | None = None) -> Any:
    """A process that runs a sweep through the Python face; it starts in a fraction of a second."""
    options = {"workspace": workspace.root, "resume": resume}
    process = FORKS.Process(target=promptsweep.run, args=(sweep,), kwargs=options)
    process.start()
    return process


def wait_until(true: Callable[[], bool], process: Alive, seconds: float = 60) -> None:
    """Waits until something holds while the process goes on; fails where it ends before."""
    deadline = time.monotonic() + seconds
    while not true():
        assert process.is_alive(), "the run ended too soon"
        assert time.monotonic() < deadline, "the run did not get there"
        time.sleep(0.002)
