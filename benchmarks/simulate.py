"""Sweeps of 10⁶ to 10⁹ requests in simulated time: how long they take, what they cost, and what limits them.

`python benchmarks/simulate.py` prints the table of docs/scale.md. Nothing is sent. Each sweep is replayed in
steps of a quarter of a second against stated limits, failures and prices, by the rules that the code follows:
rates are token buckets, a failed call waits longer with each attempt, calls in flight on a lost machine are
sent again. Requests are counted as real numbers, which 10⁶ of them justify.

`PYTHONPATH=tests python benchmarks/simulate.py --check` replays one small sweep twice: so, and through the
real gateway, limiter and retries in virtual time. Both must take about the same time and attempts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from promptsweep.models.buckets import MARGIN
from promptsweep.models.limits import Limiter, Limits
from promptsweep.models.prices import vendor_rates
from promptsweep.models.retry import Retries
from promptsweep.types import Usage

STEP = 0.25
"""Simulated seconds of one step."""
GROWTH = Path(__file__).with_name("results") / "growth.json"
BATCH_HOURS = 24.0
"""The longest that a vendor's batch may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """What is assumed of an endpoint."""

    name: str
    requests_per_minute: float
    tokens_per_minute: float
    batch_tokens: float
    """Tokens that may wait in batches at a time."""
    model: str = "gpt-4.1-mini"
    """Its price is that of genai-prices."""
    latency: float = 0.8
    """Median seconds of a reply; they are log-normally distributed."""
    spread: float = 0.5
    """Standard deviation of the logarithm of the latency."""
    failing: float = 0.01
    """Share of attempts that fail for a moment: 5xx, resets, 429s of others' making."""
    outage_hours: float = 24.0
    """Mean hours between outages, 0 for none."""
    outage_minutes: float = 20.0
    """Mean length of an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What is to be done, and with what."""

    requests: int
    vendor: Vendor
    machines: int = 1
    in_flight: int = 256
    """Calls in flight of one client process."""
    processes: int = 2
    """Client processes of a machine, one for each core."""
    prompt_tokens: int = 400
    completion_tokens: int = 60
    cpu_ms: float = 0.2
    """Client CPU of a request, storing included (benchmarks/README.md)."""
    machine_days: float = 7.0
    """Mean days until a machine is lost, and replaced 5 minutes later; 0 for never."""
    retries: Retries = field(default_factory=Retries)

    @property
    def tokens(self) -> int:
        """Of one request and its reply."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(slots=True)
class Course:
    """What happened."""

    seconds: float = 0.0
    sent: float = 0.0
    given_up: float = 0.0
    """Requests that failed in every attempt: records that end in an error."""
    paid: float = 0.0
    """Attempts that the vendor charged: answers, and those lost with a machine."""
    outages: int = 0
    machines_lost: int = 0
    limited_by: Counter[str] = field(default_factory=Counter)
    """What held back most, in steps."""

    @property
    def limit(self) -> str:
        """What limited it longest."""
        return self.limited_by.most_common(1)[0][0]


class Simulation:
    """A sweep under way. Calls are counted by the attempt they are in, first attempts first."""

    def __init__(self, sweep: Sweep, seed: int):
        self.course = Course()
        self._sweep, self._vendor, self._rng = sweep, sweep.vendor, random.Random(seed)
        self._latencies = _latencies(sweep.vendor)
        self._waits = [_wait_steps(sweep.retries, attempt) for attempt in range(1, sweep.retries.attempts)]
        attempts = sweep.retries.attempts
        self._ready = np.zeros(attempts)
        self._ready[0] = sweep.requests
        self._flying = np.zeros((len(self._latencies), attempts))
        """Calls in flight, by the step in which they end (a ring)."""
        self._resting = np.zeros((max(self._waits, default=0) + 1, attempts))
        """Failed calls, by the step in which they may be sent again (a ring)."""
        self._outages = _times(self._vendor.outage_hours * 3600, self._rng)
        self._losses = _times(sweep.machine_days * 86_400 / sweep.machines, self._rng)
        self._outage, self._loss, self._out_until = next(self._outages), next(self._losses), 0.0
        clients = sweep.machines * sweep.processes
        self._room = float(clients * sweep.in_flight)
        self._most = {
            "requests a minute": self._vendor.requests_per_minute * MARGIN / 60 * STEP,
            "tokens a minute": self._vendor.tokens_per_minute * MARGIN / 60 * STEP / sweep.tokens,
            "client CPU": clients * STEP * 1000 / sweep.cpu_ms,
        }
        """What may be sent in one step: what is not used is not saved up."""

    def run(self) -> Course:
        """To the end."""
        step = 0
        while self._ready.sum() + self._flying.sum() + self._resting.sum() >= 0.5:
            self._end(step)
            self._happen(step * STEP)
            self._send(step)
            step += 1
        self.course.seconds = step * STEP
        return self.course

    def _end(self, step: int) -> None:
        """Calls end in this step: answered, to be tried again, or given up."""
        here, due = step % len(self._flying), step % len(self._resting)
        self._ready, self._resting[due] = self._ready + self._resting[due], 0.0
        ended, self._flying[here] = self._flying[here].copy(), 0.0
        failed = ended * self._vendor.failing
        self.course.paid += float((ended - failed).sum())
        self.course.given_up += float(failed[-1])
        for attempt, wait in enumerate(self._waits):
            self._resting[(step + wait) % len(self._resting), attempt + 1] += failed[attempt]

    def _happen(self, now: float) -> None:
        """Outages of the vendor, and machines lost: what was in flight there is sent again."""
        if now >= self._outage:
            self._out_until = now + self._rng.expovariate(1 / (self._vendor.outage_minutes * 60))
            self._lose(1.0)
            self.course.outages += 1
            self._outage = max(next(self._outages), self._out_until)
        if now >= self._loss:
            self.course.paid += self._lose(1 / self._sweep.machines)
            self.course.machines_lost += 1
            self._loss = next(self._losses)

    def _lose(self, part: float) -> float:
        gone = self._flying * part
        self._ready, self._flying = self._ready + gone.sum(axis=0), self._flying - gone
        return float(gone.sum())

    def _send(self, step: int) -> None:
        """Sends as much as the narrowest limit allows."""
        if step * STEP < self._out_until:
            self.course.limited_by["an outage"] += 1
            return
        ready = float(self._ready.sum())
        most = {
            **self._most,
            "calls in flight": max(0.0, self._room - float(self._flying.sum())),
            "nothing more to send": ready,
        }
        limit = min(most, key=lambda name: most[name])
        self.course.limited_by[limit] += 1
        if most[limit] > 0:
            sent = self._ready * (most[limit] / ready)
            self._ready = self._ready - sent
            self._flying += np.roll(self._latencies, step + 1)[:, None] * sent
            self.course.sent += most[limit]


def simulate(sweep: Sweep, seed: int = 0) -> Course:
    """Replays the sweep; the same seed gives the same outages and losses."""
    return Simulation(sweep, seed).run()


def _latencies(vendor: Vendor) -> np.ndarray:
    """Share of calls that end after 0, 1, 2 … further steps."""
    last = math.ceil(vendor.latency * math.exp(4 * vendor.spread) / STEP)
    edges = (np.arange(1, last + 1) * STEP).tolist()
    below = [
        0.5 * (1 + math.erf((math.log(edge / vendor.latency)) / (vendor.spread * math.sqrt(2))))
        for edge in edges
    ]
    shares = np.diff([0.0, *below[:-1], 1.0])
    return np.asarray(shares)


def _wait_steps(retries: Retries, attempt: int) -> int:
    """Steps before the attempt after this one: the mean of what `retry` waits."""
    longest = min(retries.longest, retries.first * 2.0 ** (attempt - 1))
    return max(1, round(0.75 * longest / STEP))


def _times(mean: float, rng: random.Random) -> Iterator[float]:
    """When something happens that happens at random, in seconds; never where the mean is 0."""
    now = 0.0
    while mean:
        now += rng.expovariate(1 / mean)
        yield now
    yield math.inf


def batch_hours(sweep: Sweep) -> float:
    """Hours through the Batch API, where each fill of the queue takes the whole time that is allowed."""
    return math.ceil(sweep.requests * sweep.tokens / sweep.vendor.batch_tokens) * BATCH_HOURS


def dollars(sweep: Sweep, calls: float) -> float:
    """Price of so many calls, without any discount."""
    rates = vendor_rates("openai", sweep.vendor.model)
    assert rates is not None
    each = rates.cost(Usage(prompt=sweep.prompt_tokens, completion=sweep.completion_tokens))
    assert each is not None
    return each * calls


def stored_bytes() -> int:
    """Of one record with its request and reply, as benchmarks/growth.py measured at its largest size."""
    found = json.loads(GROWTH.read_text(encoding="utf-8"))
    return int(found[max(found, key=int)]["bytes"])


SMALL = Vendor(name="small", requests_per_minute=5_000, tokens_per_minute=4e6, batch_tokens=40e6)
LARGE = Vendor(name="large", requests_per_minute=30_000, tokens_per_minute=150e6, batch_tokens=15e9)
OWN = Vendor(
    name="own servers", requests_per_minute=600_000, tokens_per_minute=3e8, batch_tokens=1e12, latency=1.5,
    failing=0.002, outage_hours=0,
)  # fmt: skip
SWEEPS = [
    Sweep(requests=10**6, vendor=SMALL),
    Sweep(requests=10**6, vendor=LARGE),
    Sweep(requests=10**8, vendor=LARGE, machines=2),
    Sweep(requests=10**8, vendor=OWN, machines=32),
    Sweep(requests=10**9, vendor=OWN, machines=32),
]


COLUMNS = (
    "requests", "vendor", "machines", "time", "limited by", "attempts", "outages", "machines lost",
    "given up", "USD", "batch: time at most", "batch: USD", "stored",
)  # fmt: skip


def line(sweep: Sweep) -> list[str]:
    """The course of a sweep, as the columns say."""
    course = simulate(sweep)
    hosted = sweep.vendor is not OWN
    return [
        f"10^{round(math.log10(sweep.requests))}",
        sweep.vendor.name,
        str(sweep.machines),
        _time(course.seconds),
        course.limit,
        f"{course.sent / sweep.requests:.3f} ×",
        str(course.outages),
        str(course.machines_lost),
        f"{course.given_up:.0f}",
        f"{dollars(sweep, course.paid):,.0f}" if hosted else "–",
        _time(batch_hours(sweep) * 3600) if hosted else "–",
        f"{dollars(sweep, sweep.requests) / 2:,.0f}" if hosted else "–",
        f"{sweep.requests * stored_bytes() / 1e9:,.1f} GB",
    ]


def _time(seconds: float) -> str:
    return f"{seconds / 3600:,.1f} h" if seconds < 72 * 3600 else f"{seconds / 86_400:,.1f} d"


CHECKED = Sweep(
    requests=20_000,
    vendor=replace(
        SMALL, requests_per_minute=6_000, tokens_per_minute=1e9, failing=0.05, outage_hours=0, latency=0.5
    ),
    processes=1,
    machine_days=0,
)


async def replayed(sweep: Sweep) -> tuple[float, int]:
    """(seconds, attempts) of the sweep through the real gateway, in the running loop's virtual time."""
    from promptsweep.errors import ServerError
    from promptsweep.runners.gateway import Gateway
    from promptsweep.runners.progress import Progress
    from promptsweep.testing import FunctionModel
    from promptsweep.types import Completion, Message, Request

    rng, loop, vendor = random.Random(0), asyncio.get_running_loop(), sweep.vendor

    async def answer(_: Request) -> Completion:
        seconds = rng.lognormvariate(math.log(vendor.latency), vendor.spread)
        await asyncio.sleep(seconds)
        if rng.random() < vendor.failing:
            raise ServerError("for a moment")
        return Completion("good", usage=Usage(sweep.prompt_tokens, sweep.completion_tokens), seconds=seconds)

    model = FunctionModel(answer, name="simulated", retries=sweep.retries)
    limits = Limits(concurrency=sweep.in_flight, requests_per_minute=vendor.requests_per_minute)
    model.limiter = Limiter(limits, clock=loop.time, start=sweep.in_flight)
    gateway = Gateway(model, _Forgetful(), Progress(sweep.requests))
    numbers = iter(range(sweep.requests))

    async def work() -> None:
        for number in numbers:
            await gateway.send(Request("simulated", "none", (Message("user", str(number)),)))

    await asyncio.gather(*(work() for _ in range(sweep.in_flight)))
    return loop.time(), model.calls


class _Forgetful:
    """A sink that keeps nothing."""

    async def lookup(self, _: str) -> None:
        """Nothing is stored."""

    def keep(self, *_: object) -> None:
        """Nothing is kept."""

    add = keep

    async def room(self) -> None:
        """There is always room."""


def check() -> None:
    """Prints the small sweep's time and attempts, simulated and replayed."""
    import virtual_time

    course = simulate(CHECKED)
    seconds, attempts = virtual_time.run(replayed(CHECKED))
    print(f"simulated: {course.seconds:,.1f} s, {course.sent:,.0f} attempts")
    print(f"real gateway in virtual time: {seconds:,.1f} s, {attempts:,} attempts")


def main() -> None:
    """Prints the table, or the check."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="a small sweep, simulated and replayed")
    if parser.parse_args().check:
        check()
    else:
        print("|", " | ".join(COLUMNS), "|\n" + "|--" * len(COLUMNS) + "|")
        for sweep in SWEEPS:
            print("|", " | ".join(line(sweep)), "|", flush=True)


if __name__ == "__main__":
    main()
