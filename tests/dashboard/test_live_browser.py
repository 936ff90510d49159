"""The page Live in a real browser, while a real run asks a real server in a process of its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import pytest
from browsing import heading
from playwright.sync_api import expect

from promptsweep.dashboard.views.live import EVERY
from servers import ChatServer
from workspaces import mood, rows

RECORDS = 40


class Gate:
    """A model that answers as many requests as it may."""

    def __init__(self):
        self.asked = self.open_for = 0

    async def __call__(self, request):
        self.asked += 1
        place = self.asked
        while place > self.open_for:  # noqa: ASYNC110  opened from another thread
            await asyncio.sleep(0.01)
        return "good"


@pytest.fixture(scope="module")
def gate():
    return Gate()


@pytest.fixture(scope="module")
def running(gate, tmp_path_factory):
    """The store of a run that waits at the gate."""
    root = tmp_path_factory.mktemp("live")
    with ChatServer(gate) as endpoint:
        acme = {"base_url": endpoint.base_url, "concurrency": 4}
        mood(
            root,
            **{
                "datasets/mood.test.jsonl": rows([(f"Text {i}.", "good") for i in range(RECORDS)]),
                "runners/moods.yaml": {"datasets": "mood", "models": "acme/m", "strategies": "zero_shot"},
                "runners/models.yaml": {"endpoints": {"acme": acme}},
            },
        )
        command = [sys.executable, "-m", "promptsweep", "run", "moods", "--no-progress", "--workspace", root]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: gate.asked, process)
            yield root / "reports" / "promptsweep.db"
        finally:
            process.kill()
            process.wait()


def wait_until(true, process, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        assert process.poll() is None, "the run ended too soon"
        assert time.monotonic() < deadline, "the run did not get there"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def server(tools, running):
    with tools["served"](running) as address:
        yield address


def test_the_numbers_advance_by_themselves_until_the_run_has_ended(page, gate):
    frames = []

    def note(frame):
        frames.append(frame)

    page.on("websocket", lambda socket: socket.on("framereceived", note))
    gate.open_for = 10
    page.goto("/live")
    heading(page, "Live")
    expect(page.get_by_text("10 of 40 records")).to_be_visible()
    page.evaluate("window.stillHere = true")

    gate.open_for = 25
    expect(page.get_by_text("25 of 40 records")).to_be_visible()
    expect(page.get_by_test_id("stMetric").filter(has_text="Records a second")).to_contain_text(".")

    gate.open_for = RECORDS
    expect(page.get_by_text("This run has ended: all is done.")).to_be_visible()
    expect(page.get_by_text("40 of 40 records")).to_be_visible()
    assert page.evaluate("window.stillHere")

    page.wait_for_timeout(1_000)  # the last drawing arrives
    seen = len(frames)
    page.wait_for_timeout(2_000 * EVERY)
    assert len(frames) == seen

    page.get_by_test_id("stMain").get_by_role("link", name="Leaderboard").click()
    heading(page, "Leaderboard")
