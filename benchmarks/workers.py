"""Throughput against workers: `--engine local`, and Ray with 1, 2 and 4 workers, at a server without latency.

The server stays on one core. The client, its driver and its workers are on the other one, and then once more
on all that there are, where the server is one of those who want them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from material import workspace
from server import serving

SAMPLES, IN_FLIGHT = 20_000, 64
WORKERS = (None, 1, 2, 4)
ROUNDS = 3
RESULTS = Path(__file__).with_name("results") / "workers.json"


def measured(url: str, workers: int | None, root: Path) -> dict[str, float]:
    """Samples a second between the first that is seen and the last, and seconds of the whole run."""
    import promptsweep
    from promptsweep.runners import Progress

    seen: list[tuple[float, int]] = []

    def observe(progress: Progress) -> None:
        if progress.finished:
            seen.append((time.perf_counter(), progress.finished))

    place = workspace(root, SAMPLES, base_url=url, concurrency=IN_FLIGHT)
    began = time.perf_counter()
    run = promptsweep.run("bench", workspace=place, workers=workers, observe=observe)
    seconds = time.perf_counter() - began
    if run.status != "done":
        raise SystemExit(f"the run is {run.status}: {run.row.error}")
    (start, first), (end, last) = seen[0], next(one for one in seen if one[1] == SAMPLES)
    return {"rate": (last - first) / (end - start), "seconds": seconds}


def in_child(cores: list[int], **task: Any) -> dict[str, float]:
    """Measures in a fresh process that stays, with all it starts, on some cores."""
    pinned = ["taskset", "--cpu-list", ",".join(map(str, cores))]
    command = [*pinned, sys.executable, __file__, json.dumps(task)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measures all, prints it, and writes it to `results/workers.json`."""
    if len(sys.argv) > 1:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measured(root=Path(folder), **json.loads(sys.argv[1]))))
        return
    first, *others = sorted(os.sched_getaffinity(0))
    findings = []
    with serving(core=first) as url:
        for cores in (others or [first], [first, *others]):
            for workers in WORKERS:
                rounds = [in_child(cores, url=url, workers=workers) for _ in range(ROUNDS)]
                best = max(rounds, key=lambda one: one["rate"])
                findings.append({"cores": len(cores), "workers": workers, **best})
                print(findings[-1], flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(findings, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
