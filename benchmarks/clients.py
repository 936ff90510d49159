"""Three clients that do the same work: the aiohttp floor, the bare `AsyncOpenAI` loop, and promptsweep.

Each asks, reads and keeps the reply to every sample. A process measures one of them, after a short run that
imports and connects: `python benchmarks/clients.py '{"client": "floor", "url": …, "samples": …, …}'`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from material import SYSTEM, stored_bytes, texts, workspace
from measures import Measure, measured, report

WARM_UP = 200
Ask = Callable[[list[dict[str, str]]], Awaitable[str]]


def floor(url: str, samples: int, in_flight: int, root: Path) -> Measure:
    """Send, parse, append a line: the least that any client on aiohttp can do."""
    import aiohttp

    async def run(count: int, file: BinaryIO) -> None:
        connector = aiohttp.TCPConnector(limit=in_flight)
        headers = {"Content-Type": "application/json"}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

            async def ask(messages: list[dict[str, str]]) -> str:
                body = orjson.dumps({"model": "bench", "messages": messages})
                async with session.post(f"{url}/chat/completions", data=body) as response:
                    reply = orjson.loads(await response.read())
                return str(reply["choices"][0]["message"]["content"])

            await _loop(ask, count, in_flight, file)

    return _to_lines(run, samples, root)


def bare(url: str, samples: int, in_flight: int, root: Path) -> Measure:
    """The loop that one writes with the `openai` package."""
    from openai import AsyncOpenAI

    async def run(count: int, file: BinaryIO) -> None:
        async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:

            async def ask(messages: list[Any]) -> str:
                reply = await client.chat.completions.create(model="bench", messages=messages)
                return reply.choices[0].message.content or ""

            await _loop(ask, count, in_flight, file)

    return _to_lines(run, samples, root)


def ours(
    url: str,
    samples: int,
    in_flight: int,
    root: Path,
    strategy: str | Mapping[str, Any] = "zero_shot",
    calls: int = 1,
    again: bool = False,
) -> Measure:
    """A whole run, from the sweep's file to the finished store; `again` measures a second, cached one.

    `calls` is how many each sample takes.
    """
    import promptsweep

    endpoint = {"base_url": url, "concurrency": in_flight}
    promptsweep.run("bench", workspace=workspace(root / "warm", WARM_UP, strategy, **endpoint))
    place = workspace(root / "full", samples, strategy, **endpoint)
    if again:
        promptsweep.run("bench", workspace=place)
    with measured(samples * calls) as measure:
        run = promptsweep.run("bench", workspace=place)
    measure.stored = stored_bytes(place)
    if run.status != "done":
        raise SystemExit(f"the run is {run.status}: {run.row.error}")
    return measure


async def _loop(ask: Ask, count: int, in_flight: int, file: BinaryIO) -> None:
    waiting = enumerate(texts(count))

    async def work() -> None:
        for number, text in waiting:
            messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]
            reply = await ask(messages)
            file.write(orjson.dumps({"id": number, "messages": messages, "reply": reply}) + b"\n")

    await asyncio.gather(*(work() for _ in range(in_flight)))


def _to_lines(run: Callable[[int, BinaryIO], Awaitable[None]], samples: int, root: Path) -> Measure:
    async def timed() -> Measure:
        with (root / "warm.jsonl").open("wb") as file:
            await run(WARM_UP, file)
        with measured(samples) as measure, (root / "full.jsonl").open("wb") as file:
            await run(samples, file)
        return measure

    measure = asyncio.run(timed())
    measure.stored = (root / "full.jsonl").stat().st_size
    return measure


CLIENTS: Mapping[str, Callable[..., Measure]] = {"floor": floor, "bare": bare, "ours": ours}


def main() -> None:
    """The process that `measures.in_child` starts."""
    task = json.loads(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        report(CLIENTS[task.pop("client")](root=Path(folder), **task))


if __name__ == "__main__":
    main()
