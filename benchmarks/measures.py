"""What a stretch of work took, as the operating system counts it (Linux)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any


@dataclass(slots=True)
class Measure:
    """One client's work on a number of calls."""

    calls: int
    cpu: float = 0.0
    """Seconds of all threads of the process."""
    seconds: float = 0.0
    """Wall time."""
    peak: float = 0.0
    """Most memory of the whole process (MB)."""
    stored: int = 0
    """Bytes it left on the disk."""

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of CPU a call."""
        return self.cpu / self.calls * 1000

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds


@contextmanager
def measured(calls: int) -> Iterator[Measure]:
    """Measures what is done inside."""
    measure = Measure(calls)
    cpu, wall = process_time(), perf_counter()
    yield measure
    measure.cpu, measure.seconds = process_time() - cpu, perf_counter() - wall
    measure.peak = memory("VmHWM")


def memory(name: str) -> float:
    """Memory of this process (MB): `VmRSS` now, `VmHWM` the most there was."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024


def in_child(script: str, core: int | None = None, **task: Any) -> Measure:
    """Runs a script of this folder in a fresh process with a task as JSON; returns what it measured."""
    pin = [] if core is None else ["taskset", "--cpu-list", str(core)]
    command = [*pin, sys.executable, str(Path(__file__).with_name(script)), json.dumps(task)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Measure(**json.loads(done.stdout))


def report(measure: Measure) -> None:
    """Prints a measure as `in_child` reads it."""
    print(json.dumps(asdict(measure)))
