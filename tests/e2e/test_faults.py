"""Endpoints that fail, refuse, hang and break off: every sample is scored, or the run says why not."""

from __future__ import annotations

import json
import random
import socket
from collections import Counter

import pytest
from served_moods import mood_of, results, run, scored, served, stored_texts

import servers
from promptsweep import api
from promptsweep.errors import ConfigError, ExitCode
from promptsweep.reports import open_store
from promptsweep.types import Status
from servers import Answer, ChatServer, chat_completion

POISON = chat_completion("good bad: no reply of the model")
FAULTS = {
    "429, half a second or less": servers.error(429, "slow down", retry_after_ms="20"),
    "429 that does not say how long": servers.error(429, "slow down"),
    "500": servers.error(500, "oops"),
    "503 of a proxy": Answer(b"<html>Service Unavailable</html>", 503, {"Retry-After": "0"}),
    "408": servers.error(408, "too slow"),
    "409": servers.error(409, "try again"),
    "reset": Answer(fault="reset"),
    "hang": Answer(fault="hang"),
    "body that stalls": Answer(POISON, fault="stall"),
    "body cut off": Answer(POISON, fault="truncate"),
    "malformed JSON": Answer(b'{"choices": [{"message": {"content": "goo'),
    "200 with an error": Answer({"error": {"message": "upstream failed", "code": 502}}),
    "200 with an error in place of a choice": Answer({**POISON, "choices": []}),
}
IMPATIENT = {"first_byte_timeout": 0.25, "retries": {"first": 0.01}}


def faulty(part, seed=0):
    """Breaks this part of all requests; which, and how, depends on the text and on how often it came."""
    attempts, faults = Counter(), list(FAULTS.values())

    def behave(request):
        text = request["messages"][-1]["content"]
        attempts[text] += 1
        chance = random.Random(f"{seed} {attempts[text]} {text}")
        return chance.choice(faults) if chance.random() < part else mood_of(request)

    return behave


def test_10000_samples_of_a_server_that_breaks_5_percent_of_requests_end_as_without_faults(tmp_path):
    with ChatServer(mood_of) as whole, ChatServer(faulty(0.05)) as broken:
        expected = run(served(tmp_path / "whole", whole.base_url, 10_000))
        found = run(served(tmp_path / "broken", broken.base_url, 10_000, endpoint=IMPATIENT))

    assert (found.status, scored(found)) == (Status.DONE, 10_000)
    assert results(found) == results(expected)
    assert len(broken.requests) > 10_400
    assert len(stored_texts(found)) == 10_000
    assert set(stored_texts(found)) == {"good", "bad"}


@pytest.mark.parametrize("fault", FAULTS)
def test_strategies_of_several_calls_end_as_without_faults_of_each_kind(tmp_path, fault):
    """A tenth of the requests are broken, each at most once or twice."""
    several = {
        "strategies": [
            {"self_consistency": {"draws": 3}},
            {"chain_of_density": {"mode": "per_round", "rounds": 3, "step": 3}},
        ]
    }
    chance = random.Random(fault)
    broken = lambda request: FAULTS[fault] if chance.random() < 0.1 else mood_of(request)  # noqa: E731
    with ChatServer(mood_of) as server:
        expected = run(served(tmp_path / "whole", server.base_url, 20, sweep=several))
        sent, server.behaviour = len(server.requests), broken
        found = run(served(tmp_path / "broken", server.base_url, 20, endpoint=IMPATIENT, sweep=several))

    assert found.status is Status.DONE
    assert results(found) == results(expected)
    assert len(server.requests) > 2 * sent
    assert set(stored_texts(found)) == {"good", "bad"}


def closed_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


def test_a_server_that_is_down_ends_the_run_which_can_be_resumed_when_it_is_up(tmp_path):
    server = ChatServer(mood_of, closed_port())
    workspace = served(tmp_path, server.base_url, 100, endpoint={"retries": {"attempts": 2, "first": 0.01}})
    stopped = run(workspace).row
    with server:
        done = run(workspace, resume=stopped.id)

    assert stopped.status == Status.INCOMPLETE
    assert "calls in a row failed; the last: acme/m: the connection to" in stopped.error
    assert "\n" not in stopped.error
    assert (done.status, scored(done)) == (Status.DONE, 100)


@pytest.mark.parametrize(
    ("refusal", "line"),
    [
        (servers.error(401, "bad key"), "the key is rejected: bad key"),
        (servers.error(429, "pay first", "insufficient_quota"), "no credit left; add some"),
    ],
    ids=["401", "insufficient_quota"],
)
def test_a_refusal_of_everything_stops_at_once_and_is_resumable(tmp_path, refusal, line):
    with ChatServer(lambda request: refusal) as server:
        workspace = served(tmp_path, server.base_url, 100, endpoint={"concurrency": 4})
        stopped = run(workspace).row
        sent = len(server.requests)
        server.behaviour = mood_of
        done = run(workspace, resume=stopped.id)

    assert (stopped.status, sent) == (Status.INCOMPLETE, 4)
    assert line in stopped.error
    assert "\n" not in stopped.error
    assert (done.status, scored(done)) == (Status.DONE, 100)


def test_a_server_with_faults_never_sees_more_requests_than_the_budget(tmp_path):
    with ChatServer(faulty(0.2)) as server:
        capped = {"endpoint": IMPATIENT, "sweep": {"budget": {"requests": 50}}}
        workspace = served(tmp_path, server.base_url, 100, **capped)
        result = api.execute(api.plan("moods", workspace), open_store(workspace))
        sent = len(server.requests)
        served(tmp_path, server.base_url, 100, **capped | {"sweep": {"budget": {"requests": 500}}})
        done = run(workspace, resume=result.run.id)

    assert (result.exit_code, sent) == (ExitCode.INCOMPLETE, 50)
    assert (done.status, scored(done)) == (Status.DONE, 100)
    assert len(server.requests) <= 500


PRICES = {"*": {"input": 1000.0, "output": 5000.0}}
CALL = (10 * 1000 + 2 * 5000) / 1e6
"""US dollars of a call as the server counts its tokens."""


def test_a_budget_in_dollars_is_used_and_never_exceeded(tmp_path):
    capped = {"params": {"max_tokens": 4}, "budget": {"usd": 1.0}}
    with ChatServer(mood_of) as server:
        workspace = served(tmp_path, server.base_url, 100, endpoint={"prices": PRICES}, sweep=capped)
        stopped = run(workspace)

    assert stopped.status is Status.INCOMPLETE
    assert "the budget of" in stopped.row.error
    assert 0.5 <= len(server.requests) * CALL <= 1.0


def test_a_budget_in_dollars_of_a_model_without_a_price_is_refused_before_anything_is_sent(tmp_path):
    capped = {"params": {"max_tokens": 4}, "budget": {"usd": 1.0}}
    with ChatServer(mood_of) as server:
        workspace = served(tmp_path, server.base_url, 10, sweep=capped)
        with pytest.raises(ConfigError, match=r"price of .* is unknown"):
            run(workspace)

    assert server.requests == []


def test_a_budgets_line_names_what_was_spent(tmp_path):
    with ChatServer(mood_of) as server:
        stopped = run(served(tmp_path, server.base_url, 20, sweep={"budget": {"requests": 5}}))

    assert "the budget of 5 requests is reached: 5 requests spent" in json.dumps(stopped.as_json())
