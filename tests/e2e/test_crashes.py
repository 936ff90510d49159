"""Runs that are killed, that meet each other, and that find no room: nothing finished is lost."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from served_moods import mood_of, results, run, scored, served
from sqlalchemy import func, select, text

import promptsweep
from promptsweep import api
from promptsweep.reports import open_store, schema
from promptsweep.reports.writer import INTERVAL
from promptsweep.types import Status
from servers import Answer, ChatServer, chat_completion

LATENCY = 0.05
CONCURRENCY = 8


FORKS = multiprocessing.get_context("forkserver")
"""Makes processes that need not import anything first."""
FORKS.set_forkserver_preload(
    ["promptsweep.api", "promptsweep.reports.sink", "aiohttp", "pydantic", "tenacity"]
)


def start(sweep, workspace, resume=None):
    """A process of its own that runs a sweep."""
    options = {"workspace": workspace.root, "resume": resume}
    process = FORKS.Process(target=promptsweep.run, args=(sweep,), kwargs=options)
    process.start()
    return process


class TimedServer:
    """Answers after a while, and knows when each request came."""

    def __init__(self):
        self.arrivals = []

    def __call__(self, request):
        self.arrivals.append(time.monotonic())
        return Answer(chat_completion(mood_of(request)), delay=LATENCY)


def wait_until(true, process, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        assert process.is_alive(), "the run ended too soon"
        assert time.monotonic() < deadline, "the run did not get there"
        time.sleep(0.002)


def killed(workspace, behaviour, further, resume=None):
    """Kills a run at its `further`th request; how many requests may have to be sent again."""
    goal = len(behaviour.arrivals) + further
    process = start("moods", workspace, resume)
    wait_until(lambda: len(behaviour.arrivals) >= goal, process)
    process.kill()
    process.join()
    return unsaved_at(time.monotonic(), behaviour.arrivals)


def unsaved_at(end, arrivals):
    """Requests in flight, and those whose replies came within the last 100 ms or while these were written."""
    writing = 0.05
    return sum(at > end - LATENCY - INTERVAL - writing for at in arrivals)


def test_600_samples_survive_10_kills_and_only_what_was_unsaved_is_sent_again(tmp_path):
    behaviour, chance = TimedServer(), random.Random(3)
    with ChatServer(mood_of) as plain, ChatServer(behaviour) as server:
        expected = run(served(tmp_path / "whole", plain.base_url, 600))
        endpoint = {"concurrency": CONCURRENCY}
        workspace = served(tmp_path / "killed", server.base_url, 600, endpoint=endpoint)
        unsaved = killed(workspace, behaviour, 10)
        for _ in range(9):
            unsaved += killed(workspace, behaviour, chance.randint(1, 80), "latest")
        found = run(workspace, resume="latest")

    assert (found.status, scored(found)) == (Status.DONE, 600)
    assert results(found) == results(expected)
    assert len(behaviour.arrivals) <= 600 + unsaved


def test_two_runs_at_once_share_the_rate_of_an_endpoint_while_both_go_on(tmp_path):
    """40 and 90 samples at 20 requests a second; each looks for the other every 2 seconds."""
    endpoint = {"requests_per_minute": 1200}
    with ChatServer(mood_of) as server:
        workspace = served(tmp_path, server.base_url, 90, endpoint=endpoint)
        other = {"datasets": "mood", "models": "acme/m", "strategies": "few_shot", "limit": 40}
        (workspace.root / "runners" / "other.yaml").write_text(str(other))
        process = start("other", workspace)
        wait_until(lambda: len(server.requests) >= 2, process)
        planned, shares = api.plan("moods", workspace), []
        limiter = planned.models[0].limiter
        store = open_store(workspace)
        result = api.execute(planned, store, observe=lambda _: shares.append(limiter.share))
        process.join()

    halved = shares[shares.index(0.5) :]
    assert (result.status, process.exitcode) == (Status.DONE, 0)
    assert set(halved) == {0.5, 1.0}
    assert halved == sorted(halved)
    with store.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.leases)) == 0


def command(*words, **options):
    """What a command in a process of its own printed on stderr, and its exit code."""
    line = [sys.executable, "-m", "promptsweep", *map(str, words)]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, **options)
    return ended.returncode, ended.stderr


@pytest.fixture
def unwritable(tmp_path):
    """A folder in which nobody, not even root, makes a file."""
    if os.geteuid() == 0:
        return Path("/proc/self")
    folder = tmp_path / "unwritable"
    folder.mkdir(mode=0o500)
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
@pytest.mark.parametrize(
    "place",
    [
        "store.sqlite",
        "new/store.sqlite",
    ],
)
def test_a_store_that_cannot_be_made_is_one_line_and_nothing_is_sent(tmp_path, unwritable, place):
    with ChatServer(mood_of) as server:
        workspace = served(tmp_path / "workspace", server.base_url, 10)
        path = str(unwritable / place)
        code, printed = command("run", "moods", "--workspace", workspace.root, "--store", path)

    assert code == 2
    assert printed.startswith(f"error: {path}: cannot be used as a store: ")
    assert printed.count("\n") == 1
    assert server.requests == []


ROOM = 1 << 20
"""Bytes of the largest file that may be written: the store finds the disk full."""


def test_a_full_disk_ends_the_run_with_one_line_and_what_was_stored_goes_on(tmp_path):
    """600 samples of 2 kB; there is room for about 200."""

    async def after_a_while(request):
        await asyncio.sleep(0.01)
        return mood_of(request)

    with ChatServer(after_a_while) as server:
        workspace = served(tmp_path, server.base_url, 600, padding=" word" * 400)
        code, printed = command(
            "run",
            "moods",
            "--no-progress",
            "--workspace",
            workspace.root,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM)),
        )
        store = open_store(workspace)
        with store.engine.connect() as connection:
            intact = connection.scalar(text("PRAGMA integrity_check"))
            before = connection.scalar(select(func.count()).select_from(schema.records))
        sent = len(server.requests)
        done = run(workspace, resume="latest")

    assert code == 4
    assert printed.startswith("error: the store cannot be written: ")
    assert printed.count("\n") == 1
    assert intact == "ok"
    assert 0 < before < 600
    assert (done.status, scored(done)) == (Status.DONE, 600)
    assert len(server.requests) - sent <= 600 - before
