"""A sweep on Ray gives what it gives here: on a cluster of several nodes, some of them killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import orjson
import pytest
from children import run_command, wait_until
from served_moods import mood_of, results, run, served
from sqlalchemy import func, select

from promptsweep import api
from promptsweep.api.cluster import Cluster
from promptsweep.api.cluster.starting import QUIET, STORE_BYTES
from promptsweep.reports import ledger, open_store, schema
from promptsweep.reports.judges import judge_costs, judge_report
from promptsweep.reports.recording import record
from promptsweep.types import Status
from servers import ChatServer, chat_completion
from workspaces import write

ray = pytest.importorskip("ray", reason="needs promptsweep[ray]")
SWEEP = {"strategies": ["zero_shot", {"self_consistency": {"draws": 3}}]}
NODE = {"num_cpus": 2, "object_store_memory": STORE_BYTES}


@pytest.fixture(scope="module")
def nodes():
    """A head without processors, and two nodes with two each: raylets of their own, on this machine."""
    os.environ.update(QUIET)
    os.environ["RAY_AUTH_MODE"] = "disabled"
    from ray.cluster_utils import Cluster as Nodes

    made = Nodes(initialize_head=True, head_node_args={**NODE, "num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        made.add_node(**NODE)
    yield made
    ray.shutdown()
    made.shutdown()


def rows(found):
    """All that is stored of a run's records but times: records, scores and calls, in the sweep's order."""
    records, scores, calls = schema.records, schema.scores, schema.calls
    first = min(arm.id for arm in found.store.arms(found.id))
    low = schema.record_range(first)[0]
    timed = {"id", "record", "seconds", "critical_seconds", "started", "ended"}
    with found.store.engine.connect() as connection:
        return {
            table.name: sorted(
                (key - low, *(str(value) for name, value in row._mapping.items() if name not in timed))
                for row in connection.execute(select(table).where(column >= low))
                for key in [row._mapping[column.name]]
            )
            for table, column in ((records, records.c.id), (scores, scores.c.record), (calls, calls.c.record))
        }


def count(workspace):
    """Records in the store by now."""
    store = open_store(workspace)
    with store.engine.connect() as connection:
        return len(connection.execute(select(schema.records.c.id)).all())


def workers():
    """Processes of Ray's workers that are ours."""
    found = subprocess.run(["pgrep", "-f", "^ray::Worker"], stdout=subprocess.PIPE, text=True, check=False)
    return found.stdout.split()


async def slowly(request):
    await asyncio.sleep(0.05)
    return chat_completion(mood_of(request))


def test_recorded_responses_give_the_same_rows_here_and_with_one_worker_and_with_four(tmp_path, nodes):
    with ChatServer(mood_of) as server:
        workspace = served(tmp_path, server.base_url, 60, sweep={**SWEEP, "repeats": 2})
        live = run(workspace)
    recording = tmp_path / "moods.jsonl.zst"
    record(live.store, live.id, recording)
    found = []
    for workers in (None, 1, 4):
        models = api.replayed_models("moods", workspace, recording)
        planned = api.plan("moods", workspace, models=models)
        there = None if workers is None else Cluster(workspace, nodes.address, workers, recording)
        store = open_store(workspace, str(tmp_path / f"{workers}.db"))
        found.append(api.execute(planned, store, cluster=there).run)

    here, one, four = map(rows, found)
    assert [run.status for run in found] == [Status.DONE] * 3
    assert len(here["records"]) == 240
    assert here == one
    assert here == four


def test_judges_are_asked_there_as_here_within_their_own_limits_and_their_cost_is_the_same(
    tmp_path, nodes, monkeypatch
):
    monkeypatch.setenv("COURT_KEY", "unmistakable-key-5502")
    judged = {"metrics": ["accuracy", {"judge": {"model": "court/owl", "rubric": "style"}}], **SWEEP}
    prices = {"*": {"input": 1.0, "output": 2.0}}

    async def verdict(request):
        await asyncio.sleep(0.06)
        asked = request["messages"][1]["content"]
        return "Score: 4" if len(request["messages"]) > 2 or "Text 7." not in asked else "Hm."

    with ChatServer(slowly) as server, ChatServer(verdict) as court:
        owl = {"base_url": court.base_url, "key": "COURT_KEY", "concurrency": 1, "prices": prices}
        endpoints = {"acme": {"base_url": server.base_url, "prices": prices}, "court": owl}
        found = []
        for place, workers in (("here", None), ("there", 2)):
            workspace = served(tmp_path / place, server.base_url, 40, sweep=judged)
            write(workspace.root, {"runners/models.yaml": {"endpoints": endpoints}})
            there = {} if workers is None else {"address": nodes.address, "workers": workers}
            found.append(run(workspace, **there))

    here, there = found
    assert there.status is Status.DONE
    assert results(there) == results(here)
    assert judge_report(there.store, there.id).scores == judge_report(here.store, here.id).scores
    assert judge_costs(there.store, there.id) == judge_costs(here.store, here.id)
    spent = [ledger.spent(one.store, one.id) for one in found]
    assert spent[0].requests == spent[1].requests
    assert spent[0].usd == pytest.approx(spent[1].usd)
    assert set(Counter(orjson.dumps(request) for request in court.requests).values()) == {2}
    assert {headers["Authorization"] for headers in court.headers} == {"Bearer unmistakable-key-5502"}
    assert court.peak_in_flight == 1


def test_a_node_that_is_killed_half_way_costs_the_calls_in_flight_and_no_record(tmp_path, nodes):
    with ChatServer(slowly) as server:
        workspace = served(tmp_path, server.base_url, 80, endpoint={"concurrency": 8}, sweep=SWEEP)
        expected = run(served(tmp_path / "here", server.base_url, 80, sweep=SWEEP))
        needed = Counter(orjson.dumps(request) for request in server.requests)
        server.requests.clear()
        server.peak_in_flight = 0
        victim = next(iter(nodes.worker_nodes))

        def kill():
            deadline = time.monotonic() + 60
            while len(server.requests) < 150 and time.monotonic() < deadline:
                time.sleep(0.01)
            nodes.remove_node(victim, allow_graceful=False)

        killing = threading.Thread(target=kill)
        killing.start()
        found = run(workspace, address=nodes.address, workers=4)
        killing.join()
        nodes.add_node(**NODE)

    sent = Counter(orjson.dumps(request) for request in server.requests)
    assert found.status is Status.DONE
    assert results(found) == results(expected)
    assert sum((sent - needed).values()) <= 16
    assert server.peak_in_flight <= 8 + 4


def test_several_workers_never_exceed_the_budget(tmp_path, nodes):
    sweep = {"budget": {"requests": 70}, "params": {"max_tokens": 5}}
    with ChatServer(slowly) as server:
        workspace = served(tmp_path, server.base_url, 200, endpoint={"concurrency": 16}, sweep=sweep)
        found = run(workspace, address=nodes.address, workers=4)

    assert len(server.requests) == 70
    assert count(workspace) == 70
    assert found.status is Status.INCOMPLETE
    assert "the budget of 70 requests is reached" in found.row.error


def test_identical_requests_of_different_workers_are_sent_once_and_no_key_stays_behind(
    tmp_path, nodes, monkeypatch
):
    monkeypatch.setenv("ACME_KEY", "unmistakable-key-5501")
    with ChatServer(slowly) as server:
        workspace = served(tmp_path, server.base_url, 40, endpoint={"concurrency": 8, "key": "ACME_KEY"})
        lines = [{"id": f"s-{i}", "input": f"Text {i % 2}.", "target": "good"} for i in range(40)]
        (workspace.root / "datasets/mood.test.jsonl").write_text(
            "".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8"
        )
        found = run(workspace, address=nodes.address, workers=4)

    assert found.status is Status.DONE
    assert count(workspace) == 40
    assert len(server.requests) == 2
    assert {headers["Authorization"] for headers in server.headers} == {"Bearer unmistakable-key-5501"}
    session = Path(nodes.head_node.get_session_dir_path())
    files = [path for path in session.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"unmistakable-key" in path.read_bytes()]


def test_workers_write_into_a_shared_database_themselves_and_one_that_is_killed_is_replaced(
    tmp_path, nodes, database
):
    with ChatServer(slowly) as server:
        workspace = served(tmp_path, server.base_url, 60, endpoint={"concurrency": 8}, sweep=SWEEP)
        killed = []

        def kill():
            deadline = time.monotonic() + 60
            while len(server.requests) < 100 and time.monotonic() < deadline:
                time.sleep(0.01)
            for worker in workers()[:1]:
                os.kill(int(worker), signal.SIGKILL)
                killed.append(worker)

        killing = threading.Thread(target=kill)
        killing.start()
        found = run(workspace, address=nodes.address, workers=2, store=database)
        killing.join()
        sent = len(server.requests)
        expected = run(workspace)

    assert killed
    with contextlib.closing(open_store(workspace, database)) as store:
        there = api.Run(found.id, store)
        assert there.status is Status.DONE
        assert results(there) == results(expected)
        assert 240 <= sent <= 240 + 16
        with store.engine.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(schema.calls)) == 240


def test_a_driver_that_is_killed_loses_only_what_was_in_flight(tmp_path, nodes):
    with ChatServer(slowly) as server:
        workspace = served(tmp_path, server.base_url, 100, endpoint={"concurrency": 8})
        driver = run_command(workspace, "--address", nodes.address, "--workers", 2)
        wait_until(lambda: len(server.requests) > 50, driver)
        driver.process.kill()
        driver.process.communicate()
        found = run(workspace, address=nodes.address, workers=2, resume="latest")

    assert found.status is Status.DONE
    assert count(workspace) == 100
    assert len(server.requests) <= 100 + 16


def test_workers_alone_start_a_private_cluster_and_ctrl_c_ends_it_as_it_ends_a_local_run(tmp_path):
    with ChatServer(slowly) as server:
        workspace = served(tmp_path, server.base_url, 100, endpoint={"concurrency": 4})
        command = run_command(workspace, "--workers", 2, "--json")
        wait_until(lambda: len(server.requests) > 20, command)
        command.signal(signal.SIGINT)
        printed, notes = command.process.communicate(timeout=60)
        sent = len(server.requests)
        found = run(workspace, resume="latest")

    assert command.process.returncode == 130
    assert json.loads(printed)["status"] == "interrupted"
    assert notes.splitlines()[0] == "interrupted"
    assert notes.splitlines()[1].endswith("--workers 2")
    assert found.status is Status.DONE
    assert len(server.requests) == 100
    assert sent < 100
