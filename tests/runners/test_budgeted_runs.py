"""Runs with a budget: never a request too many, whatever fails, stops or is killed; and resumable."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest

import promptsweep
from promptsweep import api
from promptsweep.errors import ExitCode, ServerError
from promptsweep.models.retry import Retries
from promptsweep.reports import open_store
from promptsweep.reports.ledger import entries, spent, total
from promptsweep.testing import FunctionModel
from promptsweep.types import Completion, Status, Usage
from servers import ChatServer
from workspaces import mood, rows

MANY = {"datasets/mood.test.jsonl": rows([(f"Text {i}.", "good") for i in range(200)])}
SWEEP = {"datasets": "mood", "models": "m", "strategies": "zero_shot", "params": {"max_tokens": 100}}


@dataclass(eq=False)
class PricedModel(FunctionModel):
    """A dollar for a thousand tokens of either kind; every reply takes 10 of each."""

    def price(self, usage: Usage) -> float | None:
        return ((usage.prompt or 0) + (usage.completion or 0)) / 1e3


def reply(request):
    return Completion("good", usage=Usage(10, 10), cost=0.02)


def priced(function=reply, **options):
    return PricedModel(function, name="m", latency=0.001, **options)


def run(workspace, model, resume=None, **sweep):
    return promptsweep.run({**SWEEP, **sweep}, models={"m": model}, workspace=workspace.root, resume=resume)


def test_a_run_stops_at_its_budget_and_goes_on_when_it_is_raised(tmp_path):
    workspace, model = mood(tmp_path, **MANY), priced()

    stopped = run(workspace, model, budget={"requests": 30})
    again = run(workspace, model, resume=stopped.id, budget={"requests": 30})

    assert (stopped.status, model.calls) == (Status.INCOMPLETE, 30)
    assert "the budget of 30 requests is reached: 30 requests spent" in again.row.error
    done = run(workspace, model, resume=stopped.id, budget={"requests": 200})
    assert (done.status, model.calls) == (Status.DONE, 200)


def test_reaching_the_budget_is_exit_code_4(tmp_path):
    workspace = mood(tmp_path, **MANY)
    planned = api.plan({**SWEEP, "budget": {"requests": 1}}, workspace, models={"m": priced()})

    assert api.execute(planned, open_store(workspace)).exit_code is ExitCode.INCOMPLETE


@pytest.mark.parametrize(("budget", "least"), [({"usd": 2.0}, 75), ({"tokens": 2_000}, 75)])
def test_a_budget_is_used_up_to_the_worst_case_of_one_request(tmp_path, budget, least):
    model = priced()

    run(mood(tmp_path, **MANY), model, budget=budget)

    assert least <= model.calls <= 100


def test_retries_count(tmp_path):
    def fail(request):
        raise ServerError("503", overloaded=True)

    model = priced(fail, retries=Retries(attempts=3, first=0.001))

    run(mood(tmp_path, **MANY), model, budget={"requests": 10})

    assert model.calls == 10


def test_a_failure_that_may_be_charged_counts_at_its_worst(tmp_path):
    def fail(request):
        raise ServerError("no reply in 600 s")

    workspace, model = mood(tmp_path, **MANY), priced(fail, retries=Retries(attempts=1))

    stopped = run(workspace, model, budget={"tokens": 2_000})

    store = open_store(workspace)
    failed = total(entries(store)).failed
    assert failed.requests == model.calls < 10
    assert 1_000 < failed.tokens <= 2_000
    assert spent(store, stopped.id).tokens == failed.tokens


def test_what_the_ledger_saw_is_what_was_sent(tmp_path):
    workspace, model = mood(tmp_path, **MANY), priced()

    ids = [run(workspace, model).id for _ in range(2)]

    lines = {entry.name: entry for entry in entries(open_store(workspace))}
    first, second = (lines[one] for one in ids)
    assert (first.new.requests, first.new.tokens, first.saved.requests) == (200, 4_000, 0)
    assert first.new.usd == pytest.approx(4)
    assert (second.new.requests, second.saved.requests, second.saved.tokens) == (0, 200, 4_000)


def test_nothing_is_sent_after_the_time_is_up(tmp_path):
    model = FunctionModel(lambda request: "good", name="m", latency=0.05, concurrency=2)

    stopped = run(mood(tmp_path, **MANY), model, budget={"seconds": 0.3})

    assert "the budget of 0.3 seconds is reached" in stopped.row.error
    assert 2 <= model.calls <= 14


BUDGET = 60
PROGRAM = """
import sys, promptsweep
promptsweep.run("slow", workspace=sys.argv[1], resume=sys.argv[2] if len(sys.argv) > 2 else None)
"""


def test_kill_9_does_not_make_a_budget_larger(tmp_path):
    def slowly(request):
        time.sleep(0.002)
        return "good"

    with ChatServer(slowly) as server:
        endpoint = {"base_url": server.base_url, "concurrency": 8}
        workspace = mood(
            tmp_path,
            **MANY,
            **{
                "runners/slow.yaml": {**SWEEP, "models": "acme/m", "budget": {"requests": BUDGET}},
                "runners/models.yaml": {"endpoints": {"acme": endpoint}},
            },
        )
        for kill_at in (15, 30, 45):
            words = [str(workspace.root)] + (["latest"] if kill_at > 15 else [])
            child = subprocess.Popen([sys.executable, "-c", PROGRAM, *words])
            while child.poll() is None and len(server.requests) < kill_at:
                time.sleep(0.001)
            if child.poll() is None:
                os.kill(child.pid, signal.SIGKILL)
            child.wait()
        subprocess.run([sys.executable, "-c", PROGRAM, str(workspace.root), "latest"], check=True)

        sent = len(server.requests)

    assert BUDGET / 2 < sent <= BUDGET
