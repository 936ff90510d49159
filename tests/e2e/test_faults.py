"""Endpoints that fail, refuse, hang and break off: every sample is scored, or the run says why not."""

from __future__ import annotations

import json
import random
import socket
import time

import pytest
from served_moods import mood_of, results, run, scored, served, stored_texts

import servers
from promptsweep import api
from promptsweep.errors import ConfigError, ExitCode
from promptsweep.reports import open_store
from promptsweep.types import Status
from servers import Answer, ChatServer, chat_completion

MALFORMED = b'{"choices": [{"message": {"content": "goo'
FAULTS = (
    servers.error(429, "slow down", retry_after_ms="20"),
    servers.error(500, "oops"),
    Answer(fault="reset"),
    Answer(chat_completion("good"), fault="truncate"),
    Answer(MALFORMED),
    Answer({"error": {"message": "upstream failed", "code": 502}}),
)


def faulty(part, seed=0):
    """Breaks this part of all requests, each fault as often as the others."""
    chance = random.Random(seed)
    return lambda request: chance.choice(FAULTS) if chance.random() < part else mood_of(request)


def test_2000_samples_of_a_server_that_breaks_5_percent_of_requests_end_as_without_faults(tmp_path):
    with ChatServer(mood_of) as whole, ChatServer(faulty(0.05)) as broken:
        expected = run(served(tmp_path / "whole", whole.base_url, 2000))
        found = run(served(tmp_path / "broken", broken.base_url, 2000))

    assert (found.status, scored(found)) == (Status.DONE, 2000)
    assert results(found) == results(expected)
    assert len(broken.requests) > 2050
    assert len(stored_texts(found)) == 2000
    assert set(stored_texts(found)) == {"good", "bad"}


RATE = 50


class RatedServer:
    """Lets so many requests a second pass, in fixed windows, and says so as a limit of a minute."""

    def __init__(self):
        self.answered, self.refused = [], 0

    def __call__(self, request):
        now = time.monotonic()
        passed = sum(int(at) == int(now) for at in self.answered[-RATE:])
        recent = sum(at > now - 60 for at in self.answered)
        headers = {
            "x-ratelimit-limit-requests": str(RATE * 60),
            "x-ratelimit-remaining-requests": str(RATE * 60 - recent),
            "x-ratelimit-reset-requests": f"{recent / RATE:.3f}s",
        }
        if passed >= RATE:
            self.refused += 1
            return Answer(servers.error(429).body, 429, {**headers, "retry-after-ms": "100"})
        self.answered.append(now)
        return Answer(chat_completion(mood_of(request)), headers=headers, delay=0.05)


def test_300_requests_keep_the_rate_that_the_headers_say(tmp_path):
    behaviour = RatedServer()
    with ChatServer(behaviour) as server:
        done = run(served(tmp_path, server.base_url, 300))

    steady = [at for at in behaviour.answered if at > behaviour.answered[0] + 0.5]
    assert done.status is Status.DONE
    assert (len(steady) - 1) / (steady[-1] - steady[0]) >= 0.9 * RATE
    assert behaviour.refused <= 0.02 * len(server.requests)


def test_a_request_that_is_never_answered_is_one_error_among_40_scored(tmp_path):
    def hang_once(request):
        stuck = request["messages"][-1]["content"] == "Text 7."
        return Answer(fault="hang") if stuck else mood_of(request)

    endpoint = {"timeout": 1, "retries": {"attempts": 1}}
    with ChatServer(hang_once) as server:
        ended = run(served(tmp_path, server.base_url, 40, endpoint=endpoint))

    assert [row[0] for row in results(ended) if row[1] == "error"] == ["s-7"]
    assert scored(ended) == 39
    assert ended.status is Status.INCOMPLETE
    assert "no whole reply in 1 s" in ended.row.error


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
        workspace = served(tmp_path, server.base_url, 100, sweep={"budget": {"requests": 50}})
        result = api.execute(api.plan("moods", workspace), open_store(workspace))
        sent = len(server.requests)
        served(tmp_path, server.base_url, 100, sweep={"budget": {"requests": 500}})
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
