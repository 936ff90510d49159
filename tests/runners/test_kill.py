"""Kill -9 and Ctrl-C: what was finished is there, and resuming sends only the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import promptsweep
from promptsweep.reports import open_store
from promptsweep.testing import FunctionModel
from promptsweep.types import Status
from workspaces import mood

N = 120
PROGRAM = """
import sys, promptsweep
from promptsweep.testing import FunctionModel
model = FunctionModel(lambda request: "good", latency=0.05, concurrency=4)
sweep = {"datasets": "mood", "models": "m", "strategies": "zero_shot"}
promptsweep.run(sweep, models={"m": model}, workspace=sys.argv[1])
"""


def workspace_of(tmp_path):
    many = [{"id": str(i), "input": f"Text {i}.", "target": "good"} for i in range(N)]
    return mood(tmp_path, **{"datasets/mood.test.jsonl": many})


def start(workspace):
    child = subprocess.Popen([sys.executable, "-c", PROGRAM, str(workspace.root)], start_new_session=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and child.poll() is None:
        if workspace.store_path.exists() and stored(workspace) >= 8:
            return child
        time.sleep(0.02)
    raise AssertionError("the run did not start")


def stored(workspace):
    from sqlalchemy import func, select
    from sqlalchemy.exc import OperationalError

    from promptsweep.reports import schema

    store = open_store(workspace)
    try:
        with store.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(schema.records)).scalar_one()
    except OperationalError:
        return 0
    finally:
        store.close()


def resume(workspace):
    model = FunctionModel(lambda request: "good", concurrency=4)
    sweep = {"datasets": "mood", "models": "m", "strategies": "zero_shot"}
    run = promptsweep.run(sweep, models={"m": model}, workspace=workspace.root, resume="latest")
    return run, model


def test_after_kill_9_only_what_was_not_stored_is_sent_again(tmp_path):
    workspace = workspace_of(tmp_path)
    child = start(workspace)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    before = stored(workspace)

    run, model = resume(workspace)

    [arm] = run.summaries()
    assert (run.status, arm.scored) == (Status.DONE, N)
    assert 8 <= before < N
    assert model.calls <= N - before


def test_ctrl_c_saves_what_is_in_flight_and_marks_the_run(tmp_path):
    workspace = workspace_of(tmp_path)
    child = start(workspace)
    os.kill(child.pid, signal.SIGINT)
    child.wait(timeout=30)

    row = open_store(workspace).find_run("latest")
    assert (row.status, row.error) == (Status.INTERRUPTED, "interrupted")
    run, _ = resume(workspace)
    assert (run.status, run.summaries()[0].scored) == (Status.DONE, N)
