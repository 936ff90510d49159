"""Kill -9: what was finished 100 ms before is never asked for again."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass

import orjson
from children import start, wait_until
from served_moods import mood_of, results, run, served

from promptsweep.types import Status
from servers import ChatServer, chat_completion

KILLS = 50
PROMISED = 0.1
"""Seconds of finished work that a kill may cost."""
SAMPLES = 200
LATENCY = 0.04
WRITING = 0.06
"""Seconds for a reply to arrive, and for a transaction to be written, on a busy machine."""
STRATEGIES = [
    "zero_shot",
    {"self_consistency": {"draws": 3}},
    {"chain_of_density": {"mode": "per_round", "rounds": 3, "step": 3}},
]
"""One call; three at the same time; three of which each needs the one before."""


@dataclass
class Exchange:
    """A request as the server sees it."""

    asked: bytes
    finished: float = float("inf")
    """When its reply was handed to the network."""


class Witness:
    """Answers after a while, and remembers when each reply was finished."""

    def __init__(self):
        self.exchanges = []
        self._judged = 0
        self.unsaved = Counter()
        """Request → how often it may have to be sent again."""

    async def __call__(self, request):
        exchange = Exchange(asked(request))
        self.exchanges.append(exchange)
        await asyncio.sleep(LATENCY)
        exchange.finished = time.monotonic()
        return chat_completion(mood_of(request))

    def killed(self, at):
        """The run was killed: what was in flight, or finished only just before, need not be in the store."""
        end = len(self.exchanges)
        late = (one for one in self.exchanges[self._judged : end] if one.finished > at - PROMISED - WRITING)
        self.unsaved.update(one.asked for one in late)
        self._judged = end


def asked(request):
    return orjson.dumps(request, option=orjson.OPT_SORT_KEYS)


def test_a_run_that_is_killed_50_times_asks_again_only_for_what_the_last_100_ms_brought(tmp_path):
    """Kills fall at random requests, and every fifth at a random moment of the start."""
    witness, chance = Witness(), random.Random(3)
    sweep, endpoint = {"strategies": STRATEGIES}, {"concurrency": 8}
    with ChatServer(mood_of) as plain, ChatServer(witness) as server:
        expected = run(served(tmp_path / "whole", plain.base_url, SAMPLES, sweep=sweep))
        workspace = served(tmp_path / "killed", server.base_url, SAMPLES, endpoint=endpoint, sweep=sweep)
        for number in range(KILLS):
            process = start("moods", workspace, "latest" if number else None)
            if number % 5 == 4:
                time.sleep(chance.uniform(0, 0.5))
            else:
                goal = len(witness.exchanges) + chance.randint(1, 70)
                wait_until(lambda goal=goal: len(witness.exchanges) >= goal, process)
            at = time.monotonic()
            process.kill()
            process.join()
            witness.killed(at)
        before = len(witness.exchanges)
        found = run(workspace, resume="latest")

    needed = Counter(map(asked, plain.requests))
    sent = Counter(one.asked for one in witness.exchanges)
    assert found.status is Status.DONE
    assert results(found) == results(expected)
    assert len(witness.exchanges) > before
    assert sent - needed <= witness.unsaved
