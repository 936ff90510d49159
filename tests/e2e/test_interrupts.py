"""Ctrl-C in a run of the command line: once, what is in flight is finished; twice, it stops at once."""

from __future__ import annotations

import asyncio
import shlex
import signal
import time

from children import Command, run_command, wait_until
from served_moods import mood_of, results, run, served, stored_texts

from promptsweep import api
from promptsweep.reports import open_store
from promptsweep.types import Status
from servers import Answer, ChatServer, chat_completion

SAMPLES, CONCURRENCY = 60, 8
ENDPOINT = {"concurrency": CONCURRENCY}


def latest(workspace):
    """The run in the store."""
    store = open_store(workspace)
    return api.Run(store.find_run().id, store)


def resumed(printed):
    """Gives the command that was printed, and waits for it."""
    [line] = [line for line in printed.splitlines() if line.startswith("resume: ")]
    _, *words = shlex.split(line.removeprefix("resume: "))
    return Command(*words).ended()


def test_ctrl_c_once_finishes_what_is_in_flight_and_prints_how_to_go_on(tmp_path):
    async def slow(request):
        await asyncio.sleep(0.3)
        return mood_of(request)

    with ChatServer(mood_of) as plain, ChatServer(slow) as server:
        expected = run(served(tmp_path / "whole", plain.base_url, SAMPLES))
        workspace = served(tmp_path / "workspace", server.base_url, SAMPLES, endpoint=ENDPOINT)
        child = run_command(workspace)
        wait_until(lambda: len(server.requests) >= 2 * CONCURRENCY, child)
        child.signal(signal.SIGINT)
        code, printed = child.ended()
        stopped, sent = latest(workspace).row, len(server.requests)
        saved = len(results(latest(workspace)))
        again, _ = resumed(printed)

    assert (code, stopped.error) == (130, "interrupted")
    assert printed.splitlines()[0] == "interrupted"
    assert 2 * CONCURRENCY <= saved == sent < SAMPLES
    assert (again, latest(workspace).id, latest(workspace).status) == (0, stopped.id, Status.DONE)
    assert results(latest(workspace)) == results(expected)
    assert len(server.requests) == SAMPLES


def test_ctrl_c_twice_waits_for_nobody_and_keeps_all_replies(tmp_path):
    """After 20 answers the server is silent: waiting for what is in flight would take ten minutes."""

    def silent_after_20(request):
        return mood_of(request) if len(server.requests) <= 20 else Answer(fault="hang")

    with ChatServer(silent_after_20) as server:
        workspace = served(tmp_path, server.base_url, SAMPLES, endpoint=ENDPOINT)
        child = run_command(workspace)
        wait_until(lambda: len(server.requests) == 20 + CONCURRENCY, child)
        child.signal(signal.SIGINT)
        time.sleep(0.5)
        waited = child.is_alive()
        child.signal(signal.SIGINT)
        asked = time.time()
        code, _ = child.ended()
        stopped = latest(workspace).row
        saved = len(results(latest(workspace))), len(stored_texts(latest(workspace)))
        server.behaviour = mood_of
        done = run(workspace, resume=stopped.id)

    assert waited
    assert (code, stopped.error) == (130, "interrupted")
    assert stopped.updated - asked < 2
    assert saved == (20, 20)
    assert done.status is Status.DONE
    assert len(server.requests) == SAMPLES + CONCURRENCY


def test_ctrl_c_twice_keeps_the_finished_calls_of_unfinished_samples(tmp_path):
    """Of each sample's three rounds the last is never answered: the resumed run asks for that alone."""
    several = {"strategies": {"chain_of_density": {"mode": "per_round", "rounds": 3, "step": 3}}}

    def silent_in_round_3(request):
        return Answer(fault="hang") if "(round 3)" in str(request["messages"]) else chat_completion("good")

    with ChatServer(silent_in_round_3) as server:
        workspace = served(tmp_path, server.base_url, CONCURRENCY, endpoint=ENDPOINT, sweep=several)
        child = run_command(workspace)
        wait_until(lambda: len(server.requests) == 3 * CONCURRENCY, child)
        child.signal(signal.SIGINT)
        time.sleep(0.2)
        child.signal(signal.SIGINT)
        code, _ = child.ended()
        server.behaviour = mood_of
        done = run(workspace, resume="latest")

    assert (code, done.status) == (130, Status.DONE)
    assert len(server.requests) == 4 * CONCURRENCY
