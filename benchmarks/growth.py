"""How cost grows with samples: CPU a sample, peak memory, bytes stored, and the start of a resumed run.

The model is a function in the process, so that neither a server nor a socket blurs what is ours.
`python benchmarks/growth.py` takes 1,000 to 1,000,000 samples; `--most 100000` stops there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from material import stored_bytes, workspace
from measures import measured, memory

import promptsweep
from promptsweep.errors import QuotaError
from promptsweep.runners import Progress
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Request, Usage

BEGAN = perf_counter()
SIZES = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS = {1_000: 5, 10_000: 3}
"""Rounds of the small sizes; the least CPU counts."""
POINTS = 50
"""Most points of a memory curve."""
MARGIN = 100
"""Samples that are left when the quota ends, for the resumed run."""
RESULTS = Path(__file__).with_name("results")
REPLY = Completion("good", usage=Usage(40, 1), cost=0.0)


class Quota(FunctionModel):
    """Answers so many calls at once, keeps none of them, and then says that the quota is used up."""

    def __init__(self, calls: int):
        super().__init__(lambda _: REPLY, name="quota")
        self.left = calls
        self.first: float | None = None
        """Seconds from the start of the process to the first call."""

    async def chat(self, request: Request) -> Completion:  # noqa: ARG002
        """The one reply."""
        self.first = self.first or perf_counter() - BEGAN
        self.left -= 1
        if self.left < 0:
            raise QuotaError("the quota is used up")
        return REPLY


def run(folder: Path, samples: int, calls: int) -> dict[str, Any]:
    """Runs until `calls` are answered; what that took."""
    place = workspace(folder, samples)
    curve: list[tuple[int, float]] = []

    def look(progress: Progress) -> None:
        if not curve or progress.finished >= curve[-1][0] + samples // POINTS:
            curve.append((progress.finished, round(memory("VmRSS"), 1)))

    promptsweep.run("bench", models={"bench/bench": Quota(1)}, workspace=workspace(folder / "warm", 1))
    with measured(1) as start:
        promptsweep.run("bench", models={"bench/bench": Quota(1)}, workspace=workspace(folder / "one", 1))
    with measured(calls) as whole:
        promptsweep.run("bench", models={"bench/bench": Quota(calls)}, workspace=place, observe=look)
    return {
        "cpu_ms": (whole.cpu - start.cpu) / calls * 1000,
        "rate": round(whole.rate),
        "peak_mb": round(whole.peak, 1),
        "bytes": round(stored_bytes(place) / calls),
        "curve": curve,
    }


def resume(folder: Path) -> dict[str, Any]:
    """Goes on with the run in the folder; seconds from the start of the process to the first call."""
    model = Quota(MARGIN)
    found = promptsweep.run("bench", models={"bench/bench": model}, workspace=folder, resume="latest")
    return {"resumed_in": model.first, "status": found.status, "resume_peak_mb": round(memory("VmHWM"), 1)}


def child(*arguments: str) -> dict[str, Any]:
    """What a fresh process of this script measured."""
    done = subprocess.run([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def grown(size: int) -> dict[str, Any]:
    """All figures of one size; the run is ended by a quota and resumed."""
    rounds = []
    for _ in range(ROUNDS.get(size, 1)):
        with tempfile.TemporaryDirectory() as folder:
            task = [folder, "--samples", str(size + MARGIN), "--calls", str(size)]
            rounds.append(child("run", *task) | child("resume", folder))
    return min(rounds, key=lambda found: found["cpu_ms"])


def table(found: dict[int, dict[str, Any]]) -> str:
    """The figures as Markdown."""
    head = (
        "| samples | CPU ms a sample | samples/s | peak MB | bytes a sample | resumed in s |\n|" + "--:|" * 6
    )
    rows = (
        f"| {size:,} | {one['cpu_ms']:.3f} | {one['rate']:,} | {one['peak_mb']:.0f} | {one['bytes']} "
        f"| {one['resumed_in']:.1f} |"
        for size, one in found.items()
    )
    return "\n".join([head, *rows])


def main() -> None:
    """Measures each size in processes of its own; writes `results/growth.json` and `results/growth.md`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=["run", "resume"], help="what a child process does")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--samples", type=int)
    parser.add_argument("--calls", type=int)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the largest size")
    given = parser.parse_args()
    if given.part == "run":
        print(json.dumps(run(given.folder, given.samples, given.calls)))
    elif given.part == "resume":
        print(json.dumps(resume(given.folder)))
    else:
        found = {size: grown(size) for size in SIZES if size <= given.most}
        print(table(found))
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "growth.json").write_text(json.dumps(found) + "\n", encoding="utf-8")
        (RESULTS / "growth.md").write_text(table(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
