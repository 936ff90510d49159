"""Makes a big store without asking a model: one run of many records, and many small runs.

`python benchmarks/stores.py big.db` makes a run of 20 arms over 5,000 samples (100,000 records) and 1,000
runs of 2 arms over 10, in about 20 seconds; with `--samples 100000` the big one has 2,000,000 records, which
take three minutes and 1 GB. All goes through the runner's own sink. The same arguments make the same rows.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from sqlalchemy import update

from promptsweep import api
from promptsweep.reports import Store, open_store, schema
from promptsweep.reports.sink import StoreSink
from promptsweep.runners import Plan
from promptsweep.testing import FunctionModel
from promptsweep.types import (
    Arm,
    Call,
    Completion,
    Message,
    Outcome,
    Record,
    Request,
    Sample,
    Score,
    Status,
    Usage,
)
from promptsweep.workspace import Workspace

ARMS, SAMPLES, RUNS = 20, 5_000, 1_000
SMALL_ARMS, SMALL_SAMPLES = 2, 10
LABELS = ("billing", "delivery", "returns", "account", "outage", "praise")
LANGUAGES = ("en", "ko", "de")
INSTRUCTION = "Say what the customer's message is about."
FAILURES = {
    Outcome.ERROR: 0.01,
    Outcome.UNPARSED: 0.02,
    Outcome.REFUSED: 0.005,
}
"""Which part of all records ends how; the others have an answer."""
RIGHT = 0.7
"""Which part of the answers the first arm gets right; the last one is 0.2 above it."""
BIG = "big"
"""Name of the big run."""
BEGAN = 1_767_225_600.0
"""When the first run began: 2026-01-01, UTC."""
TOGETHER = 2_000
"""Records handed to the store before it is asked whether it keeps up."""


def make(path: Path, arms: int = ARMS, samples: int = SAMPLES, runs: int = RUNS) -> None:
    """Writes a new store; the big run is its newest."""
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(_opened(path, folder)) as store:
        small = _planned(Path(folder) / "small", "small", SMALL_ARMS, SMALL_SAMPLES)
        for number in range(runs):
            _run(store, small, number, samples_of(SMALL_SAMPLES))
        _run(store, _planned(Path(folder) / BIG, BIG, arms, samples), runs, samples_of(samples))


def samples_of(count: int) -> list[Sample]:
    """Customers' messages, all different, about 120 characters each."""
    return [_sample(place) for place in range(count)]


def _sample(place: int) -> Sample:
    label, language = LABELS[place % len(LABELS)], LANGUAGES[place // len(LABELS) % len(LANGUAGES)]
    opening = {"en": "Hello, this is", "ko": "안녕하세요, 문의드립니다:", "de": "Guten Tag, hier ist"}[
        language
    ]
    text = f"{opening} message {place:07d} about {label}. Please look into it before the end of this week."
    return Sample(f"message-{place:07d}", text, (label,), {"language": language, "priority": place % 4})


def _planned(root: Path, name: str, arms: int, samples: int) -> Plan:
    """A sweep over the temperature, so that one template has many arms; planned as any other."""
    for part in ("prompts", "datasets", "runners"):
        (root / part).mkdir(parents=True)
    card = {"task": "classification", "labels": LABELS, "instruction": INSTRUCTION}
    (root / "datasets/messages.yaml").write_text(json.dumps(card), encoding="utf-8")
    with (root / "datasets/messages.test.jsonl").open("w", encoding="utf-8") as file:
        for one in samples_of(samples):
            row = {"id": one.id, "input": one.input, "target": one.targets[0], **one.fields}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    sweep = {
        "name": name,
        "datasets": "messages",
        "models": "m",
        "strategies": "zero_shot",
        "params": {"temperature": [place / 100 for place in range(arms)]},
        "metrics": ["accuracy"],
    }
    return api.plan(sweep, Workspace(root.resolve()), models={"m": FunctionModel(lambda _: "", name="m")})


def _run(store: Store, plan: Plan, number: int, samples: Sequence[Sample]) -> None:
    """Enters the run and fills it; its id and time follow from its number."""
    made = store.begin(plan, False, api.versions())
    began = BEGAN + 3_600.0 * number
    identity = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(began))}-{number:04d}"
    with store.engine.begin() as connection:
        connection.execute(update(schema.arms).where(schema.arms.c.run == made).values(run=identity))
        named = {"id": identity, "created": began, "updated": began}
        connection.execute(update(schema.runs).where(schema.runs.c.id == made).values(named))
    asyncio.run(_fill(store, identity, [planned.arm for planned in plan.arms], samples, number))
    store.finish(identity, Status.INCOMPLETE, "some records ended in an error")


async def _fill(store: Store, run: str, arms: Sequence[Arm], samples: Sequence[Sample], seed: int) -> None:
    async with StoreSink(store, run) as sink:
        for place, arm in enumerate(arms):
            right = RIGHT + 0.2 * place / max(1, len(arms) - 1)
            made = _records(arm, samples, right, Random(f"{seed}-{place}"))
            for number, (request, record) in enumerate(made):
                if record.calls[0].completion is not None:
                    sink.keep(request, record.calls[0].completion)
                sink.add(record)
                if number % TOGETHER == 0:
                    await sink.room()


def _records(
    arm: Arm, samples: Sequence[Sample], right: float, chance: Random
) -> Iterator[tuple[Request, Record]]:
    for position, sample in enumerate(samples):
        request = Request(
            "m", "function", (Message("system", INSTRUCTION), Message("user", sample.input)), dict(arm.params)
        )
        yield request, _record(arm, sample, position, request.key, right, chance)


def _record(arm: Arm, sample: Sample, position: int, key: str, right: float, chance: Random) -> Record:
    [outcome] = chance.choices(list(FAILURES), list(FAILURES.values()))
    if chance.random() > sum(FAILURES.values()):
        outcome = Outcome.OK
    seconds = chance.lognormvariate(-0.7, 0.5)
    if outcome is Outcome.ERROR:
        error = "503: the server is overloaded"
        calls = (Call("answer", key, None, 0.0, seconds, error),)
        return Record(arm.key, sample, position, 0, outcome, seconds=seconds, calls=calls, error=error)
    answer = sample.targets[0] if chance.random() < right else chance.choice(LABELS)
    reply = answer if outcome is Outcome.OK else "I would rather not say what this message is about."
    completion = Completion(reply, usage=Usage(60, 3), seconds=seconds, cost=0.00004)
    return Record(
        arm.key,
        sample,
        position,
        0,
        outcome,
        reply=reply,
        answer=answer if outcome is Outcome.OK else None,
        scores={"accuracy": Score(float(outcome is Outcome.OK and answer == sample.targets[0]))},
        calls=(Call("answer", key, completion, 0.0, seconds),),
        seconds=seconds,
        critical_seconds=seconds,
    )


def _opened(path: Path, folder: str) -> Store:
    if path.exists():
        raise SystemExit(f"{path} is already there")
    return open_store(Workspace(Path(folder)), str(path))


def main() -> None:
    """Makes the store that the arguments describe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="the SQLite file to make")
    parser.add_argument("--arms", type=int, default=ARMS, help="of the big run")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of each of its arms")
    parser.add_argument("--runs", type=int, default=RUNS, help="small runs beside it")
    given = parser.parse_args()
    began = time.perf_counter()
    make(given.path, given.arms, given.samples, given.runs)
    print(f"{given.path}: {given.path.stat().st_size / 1e6:,.0f} MB in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
