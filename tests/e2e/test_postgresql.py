"""A shared store on a real PostgreSQL server that restarts, fills up, or is not what its URL says."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from children import run_command, wait_until
from served_moods import mood_of, results, run, scored, served
from test_disks import LONG, after_a_while

from clusters import TEMPLATE
from promptsweep.reports import ledger, open_store
from promptsweep.reports.summary import summarise
from promptsweep.reports.watching import Watch, going
from promptsweep.types import Status
from servers import ChatServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="setpriv, mount")

SAMPLES = 600


def opened(workspace, url):
    return contextlib.closing(open_store(workspace, url))


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What an uninterrupted run leaves, in a SQLite file."""
    with ChatServer(mood_of) as server:
        return results(run(served(tmp_path_factory.mktemp("whole"), server.base_url, SAMPLES)))


def of_sample(rows):
    """Rows without the order of their numbers: sorted by sample."""
    return sorted(rows, key=lambda row: int(row[0].rpartition("-")[2]))


def test_a_server_that_restarts_delays_a_run_and_nothing_is_lost(tmp_path, cluster, database, expected):
    with ChatServer(after_a_while) as server:
        workspace = served(tmp_path, server.base_url, SAMPLES)
        child = run_command(workspace, "--store", database)
        wait_until(lambda: len(server.requests) >= 200, child)
        cluster.stop()
        time.sleep(1.5)
        under_way = len(server.requests)
        cluster.start()
        code, printed = child.ended()

    assert (code, printed) == (0, "")
    assert under_way < SAMPLES  # it waited
    assert len(server.requests) == SAMPLES
    with opened(workspace, database) as store:
        found = store.find_run()
        assert of_sample(results(SimpleRun(store))) == of_sample(expected)
        assert ledger.of_run(store, found.id).new.requests == SAMPLES


class SimpleRun:
    """What `results` reads of a run."""

    def __init__(self, store):
        self.store = store


def test_a_server_that_stays_away_ends_the_run_which_goes_on_when_it_is_back(
    tmp_path, cluster, database, expected
):
    with ChatServer(after_a_while) as server:
        workspace = served(tmp_path, server.base_url, SAMPLES)
        child = run_command(workspace, "--store", f"{database}?patience=0.5")
        wait_until(lambda: len(server.requests) >= 200, child)
        cluster.stop()
        code, printed = child.ended()
        cluster.start()
        sent = len(server.requests)
        again = run_command(workspace, "--store", database, "--resume").ended()

    assert code == 4
    assert re.match(r"(error: )?(incomplete: )?the store cannot be (written|read): ", printed)
    assert cluster.password not in printed
    assert sent < SAMPLES
    assert again == (0, "")
    with opened(workspace, database) as store:
        assert of_sample(results(SimpleRun(store))) == of_sample(expected)


@pytest.fixture
def small(cluster):
    """A database in a tablespace of 12 MB, and what gives it more room."""
    disk = Path(tempfile.mkdtemp(prefix="pg-disk-", dir="/tmp"))
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"mount: {done.stderr.strip()}")
    try:
        inner = disk / "space"
        inner.mkdir()
        shutil.chown(inner, cluster.owner)
        disk.chmod(0o755)
        cluster.execute(f"CREATE TABLESPACE small LOCATION '{inner}'")
        cluster.execute(f"CREATE DATABASE small TEMPLATE {TEMPLATE} TABLESPACE small")
        yield cluster.url("small"), lambda: _remount(disk)
        cluster.execute("DROP DATABASE small WITH (FORCE)")
        cluster.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
        disk.rmdir()


def _remount(disk):
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)


def test_a_full_disk_ends_the_run_with_one_line_and_with_more_room_it_goes_on(tmp_path, small):
    url, give_room = small
    with ChatServer(mood_of) as server:
        workspace = served(
            tmp_path, server.base_url, 2 * SAMPLES, padding=f" {LONG}{os.urandom(2_000).hex()}"
        )
        code, printed = run_command(workspace, "--store", url).ended()
        give_room()
        done = run(workspace, store=url, resume="latest")

    assert code == 4
    assert printed.startswith("error: the store cannot be written: could not extend file")
    assert printed.count("\n") == 1
    assert (done.status, scored(done)) == (Status.DONE, 2 * SAMPLES)


def test_the_same_sweep_twice_at_once_reuses_replies_and_is_seen_meanwhile(tmp_path, database):
    ahead, both = 200, threading.Event()

    async def waits(request):
        if len(server.requests) > ahead:
            await asyncio.to_thread(both.wait)
        return mood_of(request)

    with ChatServer(waits) as server:
        workspace = served(tmp_path, server.base_url, SAMPLES)
        first = run_command(workspace, "--store", database)
        wait_until(lambda: len(server.requests) > ahead, first)
        second = run_command(workspace, "--store", database)
        with opened(workspace, database) as store:
            wait_until(lambda: len(going(store)) == 2, second)
            looks = [Watch(store, one.id).look() for one in going(store)]
            both.set()
            endings = [first.ended(), second.ended()]
            by_run = [summarise(store, look.run, 1)[0].scored for look in looks]

    assert endings == [(0, ""), (0, "")]
    assert max(look.done for look in looks) >= ahead - 50
    assert not any(look.gone for look in looks)
    assert by_run == [SAMPLES, SAMPLES]
    assert SAMPLES <= len(server.requests) <= 2 * SAMPLES - ahead + 50
