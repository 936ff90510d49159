"""Stores that cannot be made, read or written: one clear line, and nothing that was stored is lost."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from children import Command, run_command, wait_until
from served_moods import mood_of, results, run, scored, served, stored_texts
from sqlalchemy import text

import promptsweep
from promptsweep.reports import open_store
from promptsweep.types import Status
from servers import ChatServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mount, prlimit, /proc")

SAMPLES, LATENCY, CONCURRENCY = 600, 0.02, 16
PROMISED = 0.1
"""Seconds within which a reply is on disk."""
LONG = " word" * 400
"""Padding of the texts: 2 kB."""


async def after_a_while(request):
    await asyncio.sleep(LATENCY)
    return mood_of(request)


ROOM = 1 << 20
"""Bytes of the largest file that a process may write."""


@pytest.fixture
def unwritable(tmp_path):
    """A folder in which nobody, not even root, makes a file."""
    if os.geteuid() == 0:
        return Path("/proc/self")
    folder = tmp_path / "unwritable"
    folder.mkdir(mode=0o500)
    return folder


def mount(*words):
    """Mounts, or skips the test where that is not permitted."""
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mount: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 2 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", disk)
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.mark.parametrize("place", ["store.sqlite", "new/store.sqlite"])
def test_a_store_that_cannot_be_made_is_one_line_and_nothing_is_sent(tmp_path, unwritable, place):
    with ChatServer(mood_of) as server:
        workspace = served(tmp_path / "workspace", server.base_url, 10)
        path = str(unwritable / place)
        code, printed = run_command(workspace, "--store", path).ended()

    assert code == 2
    assert printed.startswith(f"error: {path}: cannot be used as a store: ")
    assert printed.count("\n") == 1
    assert server.requests == []


def test_a_read_only_disk_is_one_line_for_every_command(tmp_path, small_disk):
    store = small_disk / "store.sqlite"
    with ChatServer(mood_of) as server:
        workspace = served(tmp_path / "workspace", server.base_url, 10)
        run(workspace, store=str(store))
        sent = len(server.requests)
        mount("-o", "remount,ro", small_disk)
        told = [
            run_command(workspace, "--store", store).ended(),
            Command("list", "runs", "--store", store, "--workspace", workspace.root).ended(),
        ]

    for code, printed in told:
        assert code == 2
        assert printed.startswith(f"error: {store}: cannot be used as a store: ")
        assert printed.count("\n") == 1
    assert len(server.requests) == sent


def test_a_read_only_store_is_one_line_and_nothing_is_sent(tmp_path):
    with ChatServer(mood_of) as server:
        workspace = served(tmp_path, server.base_url, 10)
        run(workspace)
        sent, store = len(server.requests), workspace.store_path
        mount("--bind", store, store)
        try:
            mount("-o", "remount,bind,ro", store)
            code, printed = run_command(workspace).ended()
        finally:
            subprocess.run(["umount", "--lazy", store], check=True)

    assert (code, printed.count("\n")) == (4, 1)
    assert printed.startswith("error: the store cannot be written: ")
    assert len(server.requests) == sent


def test_a_full_disk_ends_the_run_with_one_line_and_with_more_room_it_goes_on(tmp_path, small_disk):
    """2 MB hold about 200 of 600 samples; resuming finds it full still, and then larger."""
    store = small_disk / "store.sqlite"
    with ChatServer(mood_of) as plain, ChatServer(after_a_while) as server:
        expected = run(served(tmp_path / "whole", plain.base_url, SAMPLES, padding=LONG))
        workspace = served(tmp_path / "workspace", server.base_url, SAMPLES, padding=LONG)
        code, printed = run_command(workspace, "--store", store).ended()
        sent, stored = len(server.requests), replies_in(workspace, store)
        again, told = run_command(workspace, "--store", store, "--resume").ended()
        full = len(server.requests) - sent
        mount("-o", "remount,size=64m", small_disk)
        done = run(workspace, store=str(store), resume="latest")

    for ending, line in ((code, printed), (again, told)):
        assert ending == 4
        assert line.startswith("error: the store cannot be written: ")
        assert line.count("\n") == 1
    assert 50 < stored < sent < SAMPLES
    assert done.status is Status.DONE
    assert results(done) == results(expected)
    assert len(server.requests) - sent - full <= SAMPLES - stored


def test_a_file_that_may_not_grow_ends_the_run_and_leaves_the_store_intact(tmp_path):
    """The limit of a process or a quota: 1 MB for 600 samples of 2 kB."""
    with ChatServer(after_a_while) as server:
        workspace = served(tmp_path, server.base_url, SAMPLES, padding=LONG)
        code, printed = run_command(workspace, under=["prlimit", f"--fsize={ROOM}"]).ended()
        store = open_store(workspace)
        with store.engine.connect() as connection:
            intact = connection.scalar(text("PRAGMA integrity_check"))
        sent, stored = len(server.requests), replies_in(workspace)
        done = run(workspace, resume="latest")

    assert (code, printed.count("\n")) == (4, 1)
    assert printed.startswith("error: the store cannot be written: ")
    assert intact == "ok"
    assert 0 < stored < SAMPLES
    assert (done.status, scored(done)) == (Status.DONE, SAMPLES)
    assert len(server.requests) - sent <= SAMPLES - stored


def replies_in(workspace, store=None):
    """How many replies a store holds."""
    found = open_store(workspace, None if store is None else str(store))
    return len(stored_texts(promptsweep.Run("", found)))


class Locked:
    """While it is entered, a process has the store for itself."""

    def __init__(self, path):
        self._connection = sqlite3.connect(path, isolation_level=None)

    def __enter__(self):
        self._connection.execute("BEGIN EXCLUSIVE")

    def __exit__(self, *_):
        self._connection.execute("ROLLBACK")
        self._connection.close()


def waiting(workspace, seconds):
    """The URL of the workspace's store that says how long to wait for it."""
    return f"sqlite:///{workspace.store_path}?timeout={seconds}"


def test_a_store_that_is_locked_when_a_run_begins_is_one_line_and_nothing_is_sent(tmp_path):
    with ChatServer(mood_of) as server:
        workspace = served(tmp_path, server.base_url, 10)
        run(workspace)
        sent = len(server.requests)
        with Locked(workspace.store_path):
            code, printed = run_command(workspace, "--store", waiting(workspace, 0.5)).ended()

    assert (code, printed) == (4, "error: the store cannot be written: database is locked\n")
    assert len(server.requests) == sent


def test_a_store_that_is_locked_for_a_while_only_delays_what_is_written(tmp_path):
    with ChatServer(after_a_while) as server:
        workspace = served(tmp_path, server.base_url, SAMPLES)
        child = run_command(workspace)
        wait_until(lambda: len(server.requests) >= 100, child)
        with Locked(workspace.store_path):
            time.sleep(2)
        code, printed = child.ended()

    assert (code, printed) == (0, "")
    assert len(server.requests) == SAMPLES


def test_a_store_that_stays_locked_ends_the_run_which_goes_on_when_it_is_free(tmp_path):
    """Asked again is what came while it was locked."""
    patience, count = 0.5, 3 * SAMPLES
    with ChatServer(after_a_while) as server:
        workspace = served(tmp_path, server.base_url, count)
        child = run_command(workspace, "--store", waiting(workspace, patience))
        wait_until(lambda: len(server.requests) >= 200, child)
        with Locked(workspace.store_path):
            before = len(server.requests)
            code, printed = child.ended()
        sent, stored = len(server.requests), replies_in(workspace)
        done = run(workspace, resume="latest")

    rate = CONCURRENCY / LATENCY
    assert (code, printed) == (4, "error: the store cannot be written: database is locked\n")
    assert before - stored <= CONCURRENCY + 2 * PROMISED * rate
    assert sent < count
    assert (done.status, scored(done)) == (Status.DONE, count)
    assert len(server.requests) - sent == count - stored
