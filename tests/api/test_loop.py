"""The selector that hands over a few events at a time."""

from __future__ import annotations

import asyncio
import selectors
import socket
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from promptsweep.api.loop import BACKLOG, FEW, new_loop

linux = pytest.mark.skipif(sys.platform != "linux", reason="asyncio's own loop where there is no epoll")


@pytest.fixture
def pairs():
    with ExitStack() as stack:
        yield [[stack.enter_context(end) for end in socket.socketpair()] for _ in range(3 * FEW)]


def selector(pairs):
    from promptsweep.api.loop import FewAtATime

    watched = FewAtATime()
    for ours, theirs in pairs:
        watched.register(ours, selectors.EVENT_READ)
        theirs.send(b"x")
    return watched


@linux
def test_events_come_a_few_at_a_time_and_each_in_its_turn(pairs):
    watched, seen = selector(pairs), []
    for _ in range(3):
        few = watched.select(None)
        assert len(few) == FEW
        seen += [key.fileobj for key, events in few if events == selectors.EVENT_READ]
    assert sorted(end.fileno() for end in seen) == sorted(ours.fileno() for ours, _ in pairs)
    watched.close()


@linux
def test_a_loop_that_never_waits_takes_all_until_it_has_waited(pairs):
    watched = selector(pairs)
    for _ in range(BACKLOG // FEW):
        assert len(watched.select(0)) == FEW
    assert len(watched.select(0)) == len(pairs)
    for ours, _ in pairs:
        ours.recv(1)
    assert watched.select(0.001) == []
    for _, theirs in pairs:
        theirs.send(b"x")
    assert len(watched.select(0)) == FEW
    watched.close()


@linux
def test_it_waits_as_long_as_it_is_told_and_reports_writers_and_hang_ups(pairs):
    watched = selector([])
    start = time.monotonic()
    assert watched.select(0.02) == []
    assert 0.02 <= time.monotonic() - start < 5
    ours, theirs = pairs[0]
    key = watched.register(ours, selectors.EVENT_READ | selectors.EVENT_WRITE, data="ours")
    assert watched.select(None) == [(key, selectors.EVENT_WRITE)]
    theirs.close()
    assert watched.select(None) == [(key, selectors.EVENT_READ | selectors.EVENT_WRITE)]
    watched.unregister(ours)
    assert watched.select(0) == []
    watched.close()


@linux
def test_a_closed_loop_leaves_no_descriptor_behind():
    async def nothing() -> None:
        await asyncio.sleep(0)

    def run() -> int:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(nothing())
        return len(list(Path("/proc/self/fd").iterdir()))

    assert run() == run()


def test_a_loop_serves_more_connections_than_it_takes_at_a_time(pairs):
    async def echo(ours, theirs) -> bytes:
        ours.setblocking(False)
        await asyncio.sleep(0)
        theirs.send(b"y")
        return await asyncio.get_running_loop().sock_recv(ours, 1)

    async def all_of_them() -> list[bytes]:
        return await asyncio.gather(*(echo(*pair) for pair in pairs))

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(all_of_them()) == [b"y"] * len(pairs)
