"""Connections that hang in each of the ways they can: a run takes note of it, and goes on."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest
from served_moods import mood_of, results, run, scored, served

from promptsweep.types import Status
from servers import Answer, ChatServer, chat_completion

ENDPOINT = {"timeout": 1, "first_byte_timeout": 0.5, "connect_timeout": 0.5}
ONCE = {"retries": {"attempts": 1}}
SECONDS = {"hang": 0.5, "stall": 0.5, "drip": 1.0}
"""Fault → seconds after which an attempt is given up."""
every_fault = pytest.mark.parametrize("fault", SECONDS)


@every_fault
def test_a_request_that_is_never_answered_is_one_error_among_40_scored(tmp_path, fault):
    def stuck_at_7(request):
        stuck = request["messages"][-1]["content"] == "Text 7."
        return Answer(chat_completion("good"), fault=fault) if stuck else mood_of(request)

    with ChatServer(stuck_at_7) as server:
        began = time.monotonic()
        ended = run(served(tmp_path, server.base_url, 40, endpoint=ENDPOINT | ONCE))
        seconds = time.monotonic() - began

    assert [row[0] for row in results(ended) if row[1] == "error"] == ["s-7"]
    assert scored(ended) == 39
    assert ended.status is Status.INCOMPLETE
    assert "no byte in 0.5 s, or no whole reply in 1 s" in ended.row.error
    assert SECONDS[fault] <= seconds < SECONDS[fault] + 5


@every_fault
def test_a_request_that_is_answered_the_second_time_is_scored(tmp_path, fault):
    seen = set()

    def stuck_at_first(request):
        text = request["messages"][-1]["content"]
        stuck = text not in seen and text.endswith("5.")
        seen.add(text)
        return Answer(chat_completion("good"), fault=fault) if stuck else mood_of(request)

    with ChatServer(stuck_at_first) as server:
        done = run(served(tmp_path, server.base_url, 40, endpoint=ENDPOINT))

    assert (done.status, scored(done)) == (Status.DONE, 40)
    assert len(server.requests) == 44


@every_fault
def test_an_endpoint_that_answers_nothing_ends_the_run(tmp_path, fault):
    with ChatServer(lambda request: Answer(chat_completion("good"), fault=fault)) as server:
        stopped = run(served(tmp_path, server.base_url, 200, endpoint=ENDPOINT | ONCE)).row
        server.behaviour = mood_of
        done = run(served(tmp_path, server.base_url, 200, endpoint=ENDPOINT | ONCE), resume=stopped.id)

    assert stopped.status == Status.INCOMPLETE
    assert "20 calls in a row failed" in stopped.error
    assert (done.status, scored(done)) == (Status.DONE, 200)


@contextlib.contextmanager
def deaf_port():
    """A port whose queue is full, so that connecting to it takes for ever."""
    with socket.socket() as listening, contextlib.ExitStack() as waiting:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(3):
            first = waiting.enter_context(socket.socket())
            first.setblocking(False)
            first.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


def test_a_server_that_takes_no_connection_ends_the_run(tmp_path):
    with deaf_port() as port:
        stopped = run(served(tmp_path, f"http://127.0.0.1:{port}/v1", 200, endpoint=ENDPOINT | ONCE))

    assert stopped.status is Status.INCOMPLETE
    assert "20 calls in a row failed" in stopped.row.error
    assert "no connection in 0.5 s" in stopped.row.error
