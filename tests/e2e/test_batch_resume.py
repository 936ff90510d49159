"""Batches outlive the process that made them: Ctrl-C, kill -9 and cancelling, and nothing is sent twice."""

from __future__ import annotations

import math
import signal
import time

import pytest
from children import FORKS, Command, wait_until
from served_moods import mood_of, results
from sqlalchemy import select
from test_batches import STRATEGIES, batched, notes, run, sizes

import promptsweep
from batch_servers import CANCELLED, STUCK, BatchServer
from promptsweep.reports import ledger, open_store, schema
from promptsweep.types import Status


def start(workspace, resume=None):
    options = {"workspace": workspace.root, "engine": "batch", "resume": resume}
    process = FORKS.Process(target=promptsweep.run, args=("moods",), kwargs=options)
    process.start()
    return process


def kill(process):
    process.kill()
    process.join()


def command(workspace, *words):
    given = ("--engine", "batch", "--no-progress", "--workspace", workspace.root, *words)
    return Command("run", "moods", *given)


def noted(workspace):
    """The batches that the store knows the vendor's id of."""
    if not workspace.store_path.exists():
        return []
    store = open_store(workspace)
    try:
        with store.engine.connect() as connection:
            return [one for one in connection.scalars(select(schema.batches.c.batch)) if one is not None]
    finally:
        store.close()


KILLS = {
    "upload": lambda server: server.seen["upload"],
    "create": lambda server: server.batches,
    "download": lambda server: server.seen["download"],
}


@pytest.mark.parametrize(("operation", "there"), KILLS.items(), ids=KILLS)
def test_a_run_that_is_killed_before_it_has_noted_a_step_sends_nothing_twice(tmp_path, operation, there):
    with BatchServer(mood_of) as server:
        server.faults = {operation: [STUCK]}
        workspace = batched(tmp_path, server)
        process = start(workspace)
        wait_until(lambda: there(server), process)
        kill(process)
        found = run(workspace, resume="")

    assert found.status is Status.DONE
    assert sizes(server) == [10]
    assert notes(found) == []


def test_a_run_that_is_killed_in_every_wave_gives_the_results_of_one_that_was_not(tmp_path):
    with BatchServer(mood_of) as whole, BatchServer(mood_of) as server:
        expected = run(batched(tmp_path / "whole", whole, strategies=STRATEGIES))
        workspace = batched(tmp_path / "killed", server, strategies=STRATEGIES)
        for wave in range(3):
            server.ending = wave
            process = start(workspace, "" if wave else None)
            wait_until(lambda wave=wave: len(noted(workspace)) > wave, process)
            kill(process)
        server.ending = math.inf
        found = run(workspace, resume="")

    assert found.status is Status.DONE
    assert results(found) == results(expected)
    assert sizes(server) == sizes(whole) == [50, 10, 10]


def test_ctrl_c_once_leaves_batches_at_the_vendor_and_prints_how_to_go_on(tmp_path):
    with BatchServer(mood_of) as server:
        server.ending = 0
        workspace = batched(tmp_path, server, budget={"usd": 1.0})
        child = command(workspace)
        wait_until(lambda: noted(workspace), child)
        child.signal(signal.SIGINT)
        code, printed = child.ended()
        server.ending = math.inf
        found = run(workspace, resume="")

    assert code == 130
    assert "interrupted: 1 batch left at the vendor, for a resumed run" in printed
    assert "Ctrl-C once stops waiting" in printed
    assert f"resume: promptsweep run moods --resume {found.id}" in printed
    assert "--engine batch" in printed
    assert sizes(server) == [10]
    assert server.seen["cancel"] == 0
    [line] = ledger.entries(found.store)
    assert (line.new.requests, line.failed.requests) == (10, 0)


def test_ctrl_c_twice_cancels_at_the_vendor_and_what_was_finished_is_used(tmp_path):
    with BatchServer(mood_of) as server:
        server.ending = 0
        workspace = batched(tmp_path, server)
        child = command(workspace)
        wait_until(lambda: noted(workspace), child)
        child.signal(signal.SIGINT)
        time.sleep(0.3)
        server.behaviour = lambda request: CANCELLED if "5" in str(request["messages"]) else mood_of(request)
        child.signal(signal.SIGINT)
        code, printed = child.ended()
        server.ending = math.inf
        server.behaviour = mood_of
        found = run(workspace, resume="")

    assert code == 130
    assert "interrupted: 1 batch cancelled at the vendor" in printed
    assert found.status is Status.DONE
    assert sizes(server) == [10, 1]


def test_cancel_ends_the_batches_of_a_run_that_nobody_waits_for(tmp_path):
    with BatchServer(mood_of) as server:
        server.ending = 0
        workspace = batched(tmp_path, server)
        process = start(workspace)
        wait_until(lambda: noted(workspace), process)
        kill(process)
        code, printed = command(workspace, "--cancel").ended()

    assert code == 0
    assert "1 cancelled" in printed
    assert [one.status for one in server.batches.values()] == ["cancelled"]


def test_ctrl_c_ends_a_run_that_cannot_reach_the_vendor(tmp_path):
    with BatchServer(mood_of) as server:
        server.faults = {"upload": [STUCK]}
        workspace = batched(tmp_path, server)
        process = start(workspace)
        wait_until(lambda: server.seen["upload"], process)
        kill(process)
        server.faults = {"list": [STUCK]}
        child = command(workspace, "--resume")
        wait_until(lambda: server.seen["list"], child)
        child.signal(signal.SIGINT)
        code, printed = child.ended(30)

    assert code == 130
    assert "resume: promptsweep run moods --resume" in printed


def test_a_batch_that_the_vendor_has_forgotten_is_made_anew(tmp_path):
    with BatchServer(mood_of) as server:
        server.ending = 0
        workspace = batched(tmp_path, server)
        process = start(workspace)
        wait_until(lambda: noted(workspace), process)
        kill(process)
        server.ending = math.inf
        server.batches["batch_x"] = server.batches.pop("batch_0")
        found = run(workspace, resume="")

    assert found.status is Status.DONE
    assert [one.id for one in server.batches.values()] == ["batch_0", "batch_1"]
