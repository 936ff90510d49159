"""`make bench`: our speed beside the bare `AsyncOpenAI` loop and the aiohttp floor, measured in one run."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from material import workspace
from measures import Measure, in_child
from server import serving

ROUNDS = 3
SAMPLES, FEWER, IN_FLIGHT = 10_000, 1_000, 64
WIDE, LATENCY = 256, 0.05
MANY = 30_000
"""Calls of a rate: so many that it is the rate which counts, and not how a run begins and ends."""
RESULTS = Path(__file__).with_name("results") / "speed.json"
ONE_CALL: dict[str, Any] = {"samples": MANY}
SEVERAL_CALLS: Mapping[str, dict[str, Any]] = {
    "self_consistency, 5 draws": {
        "strategy": {"self_consistency": {"draws": 5}},
        "samples": MANY // 5,
        "calls": 5,
    },
    "chain_of_density, 5 rounds": {
        "strategy": {"chain_of_density": {"mode": "per_round"}},
        "samples": MANY // 5,
        "calls": 5,
    },
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A figure and its target; `at_least` says on which side of it the figure should be."""

    name: str
    value: float
    target: float
    at_least: bool = False

    def __str__(self) -> str:
        met = self.value >= self.target if self.at_least else self.value <= self.target
        sign = "≥" if self.at_least else "≤"
        return f"{'PASS' if met else 'MISS'}  {self.name:<58} {self.value:>9,.2f}   {sign} {self.target:,.2f}"


def cores() -> tuple[int | None, int | None]:
    """One core for the client and one for the server, where the machine has two."""
    free = sorted(os.sched_getaffinity(0))
    return (free[0], free[1]) if len(free) > 1 else (None, None)


def best(url: str, core: int | None, rounds: int = ROUNDS, **task: Any) -> Measure:
    """The round that took the least CPU: what else the machine does can only add to it."""
    found = (in_child("clients.py", core, url=url, **task) for _ in range(rounds))
    return min(found, key=lambda measure: measure.cpu_ms)


def wire(url: str, core: int | None) -> list[Finding]:
    """CPU a sample of the three clients, and what ours keeps and needs."""
    tasks = {"floor": SAMPLES, "bare": FEWER, "ours": SAMPLES}
    found: dict[str, Measure] = {}
    for _ in range(ROUNDS):
        for client, samples in tasks.items():
            task = {"client": client, "samples": samples, "in_flight": IN_FLIGHT}
            measure = best(url, core, rounds=1, **task)
            if client not in found or measure.cpu < found[client].cpu:
                found[client] = measure
    for client, measure in found.items():
        show(f"{client}, {IN_FLIGHT} in flight", measure)
    floor, bare, ours = (found[client].cpu_ms for client in tasks)
    return [
        Finding("CPU a sample, times the aiohttp floor", ours / floor, 2.5),
        Finding("times less CPU than the bare AsyncOpenAI loop", bare / ours, 5, at_least=True),
        Finding("bytes stored a sample, all text included", found["ours"].stored / SAMPLES, 700),
    ]


def waiting(url: str, slow: str, core: int | None) -> list[Finding]:
    """Rates at a latency, as part of what is possible: the wire's ideal, or the rate without latency."""
    ideal = WIDE / LATENCY
    findings = []
    for name, task in {"zero_shot": ONE_CALL, **SEVERAL_CALLS}.items():
        at_once = best(url, core, client="ours", in_flight=WIDE, **task)
        delayed = best(slow, core, client="ours", in_flight=WIDE, **task)
        show(f"{name}, {WIDE} in flight, no latency", at_once)
        show(f"{name}, {WIDE} in flight, {LATENCY * 1000:.0f} ms", delayed)
        part = delayed.rate / min(ideal, at_once.rate)
        findings.append(Finding(f"calls/s at latency ÷ possible: {name}", part, 0.9, at_least=True))
    return findings


def stored(url: str, core: int | None) -> Finding:
    """The rate of a run whose replies are all in the store."""
    again = best(url, core, client="ours", samples=SAMPLES, in_flight=IN_FLIGHT, again=True)
    show("cached re-run", again)
    return Finding("samples/s of a cached re-run", again.rate, 5_000, at_least=True)


def starts(url: str) -> list[Finding]:
    """CPU seconds of whole commands, the best of several."""
    with tempfile.TemporaryDirectory() as folder:
        place = workspace(Path(folder), 1, base_url=url)
        environment = {
            **os.environ,
            "PYTHONPYCACHEPREFIX": f"{folder}/compiled",
            "PYTHONDONTWRITEBYTECODE": "",
        }
        run = ("run", "bench", "--fresh", "--workspace", str(place))
        help_ = min(command_cpu(environment, "--help") for _ in range(2 * ROUNDS))
        one = min(command_cpu(environment, *run) for _ in range(2 * ROUNDS))
    return [
        Finding("CPU seconds of `promptsweep --help`", help_, 0.4),
        Finding("CPU seconds of a one-sample run", one, 1.2),
    ]


def command_cpu(environment: Mapping[str, str], *arguments: str) -> float:
    """Seconds of CPU of one command and its children; the first one compiles, as an installation does."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "promptsweep", *arguments]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def show(name: str, measure: Measure) -> None:
    """One line of what was measured."""
    shown = f"{measure.cpu_ms:7.3f} ms CPU a call {measure.rate:9,.0f} calls/s"
    print(
        f"{name:<48} {shown} {measure.peak:6.0f} MB {measure.stored / measure.calls:7.0f} B a call",
        flush=True,
    )


def main() -> None:
    """Measures all, prints it, and writes the findings to `results/speed.json`."""
    client, other = cores()
    with serving(core=other) as url, serving(LATENCY, other) as slow:
        findings = [*wire(url, client), *waiting(url, slow, client), stored(url, client), *starts(url)]
    print("", *findings, sep="\n")
    RESULTS.parent.mkdir(exist_ok=True)
    figures = {finding.name: {"value": finding.value, "target": finding.target} for finding in findings}
    RESULTS.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
