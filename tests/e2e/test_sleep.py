"""Time that passes otherwise than a run expects: the machine sleeps, the clock is set."""

from __future__ import annotations

import asyncio
import signal
import time
from email.utils import formatdate

import pytest
from children import FORKS, run_command, wait_until
from served_moods import mood_of, results, run, scored, served

import promptsweep
from promptsweep.reports import open_store, schema
from promptsweep.reports.leases import EXPIRY, renew
from promptsweep.types import Status
from servers import ChatServer, error

SAMPLES, CONCURRENCY = 200, 8
ASLEEP = 2.0
HOURS = 3600.0


async def slow(request):
    await asyncio.sleep(0.05)
    return mood_of(request)


@pytest.mark.parametrize("network", ["stays", "is gone"])
def test_a_run_goes_on_after_the_machine_slept(tmp_path, network):
    """It sleeps longer than a call may take: what was in flight is sent again, and nothing else."""
    endpoint = {"concurrency": CONCURRENCY, "timeout": ASLEEP / 2}
    with ChatServer(slow) as server:
        expected = run(served(tmp_path / "whole", server.base_url, SAMPLES))
        before = len(server.requests)
        workspace = served(tmp_path / "workspace", server.base_url, SAMPLES, endpoint=endpoint)
        child = run_command(workspace)
        wait_until(lambda: len(server.requests) >= before + SAMPLES // 4, child)
        child.signal(signal.SIGSTOP)
        if network == "is gone":
            server.drop_connections()
        time.sleep(ASLEEP)
        child.signal(signal.SIGCONT)
        code, printed = child.ended()

    store = open_store(workspace)
    done = promptsweep.Run(store.find_run().id, store)
    assert (code, printed) == (0, "")
    assert results(done) == results(expected)
    assert len(server.requests) - before <= SAMPLES + CONCURRENCY


def run_while_the_clock_is_set(workspace, jumps):
    """Runs the sweep in a process whose wall clock jumps by so many seconds, each half a second later."""
    true, began = time.time, time.monotonic()

    def jumping():
        count = min(len(jumps), int((time.monotonic() - began) / 0.5))
        return true() + sum(jumps[:count])

    time.time = jumping
    promptsweep.run("moods", workspace=workspace.root)


@pytest.mark.parametrize("jumps", [(-3 * HOURS,), (3 * HOURS,), (-2 * HOURS, 5 * HOURS, -4 * HOURS)])
def test_a_wall_clock_that_is_set_while_a_run_goes_on_changes_nothing(tmp_path, jumps):
    """The server refuses now and then, and gives the time from which on it may be asked again as a date."""

    async def dated(request):
        await asyncio.sleep(0.05)
        if len(server.requests) % 40 == 0:
            return error(429, "later", retry_after=formatdate(time.time() + 1, usegmt=True))
        return mood_of(request)

    with ChatServer(mood_of) as plain, ChatServer(dated) as server:
        expected = run(served(tmp_path / "whole", plain.base_url, SAMPLES))
        workspace = served(tmp_path / "workspace", server.base_url, SAMPLES)
        child = FORKS.Process(target=run_while_the_clock_is_set, args=(workspace, jumps))
        child.start()
        child.join(60)
        assert child.exitcode == 0

    store = open_store(workspace)
    done = promptsweep.Run(store.find_run().id, store)
    assert (done.status, scored(done)) == (Status.DONE, SAMPLES)
    assert results(done) == results(expected)


@pytest.mark.parametrize("ahead", [-2 * EXPIRY, 3 * HOURS])
def test_a_killed_runs_part_of_the_rate_is_free_again_however_its_clock_was_set(tmp_path, ahead):
    store = open_store(served(tmp_path, "http://127.0.0.1:1/v1", 1))
    with store.engine.begin() as connection:
        lost = {"model": "m", "run": "killed", "seen": time.time() + ahead}
        connection.execute(schema.leases.insert().values(lost))

    assert renew(store, "new", ["m"]) == [1]
