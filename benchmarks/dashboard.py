"""How long the dashboard makes people wait on a big store, in headless Chromium.

`python benchmarks/dashboard.py` makes the store (see `stores.py`), serves it and measures; `--samples 100000`
takes the big run of 2,000,000 records, and `--store FILE` one that is there. Needs the `dev` extra and
Chromium. Writes `results/dashboard.json` and `results/dashboard.md`, beside what other sizes gave.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import quote

import stores
from playwright.sync_api import Page, WebSocket, sync_playwright

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).with_name("results")
TOOLS = runpy.run_path(str(ROOT / "docs" / "screenshot.py"))
PATIENCE = 120_000
"""Milliseconds after which a page is given up."""
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
FIRST_ARM = quote("zero_shot | temperature=0.0 | m | messages")
ROUNDS = 3
"""The least of these counts, since whatever else the machine does can only add to it."""
PAINT, TURN, MESSAGE = 2.0, 0.3, 5.0
"""What is aimed at: seconds of a first paint, seconds of a step, megabytes of a message."""


@dataclass
class Watch:
    """A browser page whose messages are weighed and whose steps are timed."""

    page: Page
    records: int
    largest: int = 0
    """Bytes of the largest message since the last figure."""
    found: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("websocket", self._weigh)

    def _weigh(self, socket: WebSocket) -> None:
        def received(payload: bytes | str) -> None:
            self.largest = max(self.largest, len(payload))

        socket.on("framereceived", received)

    def step(self, name: str, target: float, act: Callable[[], object], sign: str) -> None:
        """Times `act` until the sign (a text or a selector of Playwright's) is to be seen."""
        self.largest = 0
        began, cpu = perf_counter(), server_cpu()
        act()
        self.page.locator(sign).first.wait_for(state="visible")
        seconds = perf_counter() - began
        self.page.wait_for_selector(IDLE)
        settled = perf_counter() - began
        one = {"step": name, "records": self.records, "target": target}
        one |= {"seconds": round(seconds, 2), "settled": round(settled, 2)}
        one |= {"server_cpu": round(server_cpu() - cpu, 2)}
        self.found.append(one | {"message_mb": round(self.largest / 1e6, 3)})
        print(one, flush=True)

    def open(self, name: str, path: str, sign: str) -> None:
        """Times a first paint: the whole page is loaded, and nothing of it was read before."""
        self.step(name, PAINT, lambda: self.page.goto(path), sign)


def server_cpu() -> float:
    """Seconds of CPU that the dashboard's server has used, which no other work on the machine adds to."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    [server] = [child for child in children if b"streamlit" in Path(f"/proc/{child}/cmdline").read_bytes()]
    ticks = Path(f"/proc/{server}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def measure(watch: Watch, last: int) -> None:
    """All steps; `last` is the last page of the samples."""
    page = watch.page
    page.goto("/?run=small")  # the server imports, the browser fetches the program
    page.wait_for_selector(IDLE)
    table, chart = "[data-testid=stDataFrame] canvas", "[data-testid=stVegaLiteChart] svg, canvas.marks"
    watch.open("samples", f"/samples?run={stores.BIG}", table)
    samples(watch, last)
    watch.open("trace", f"/trace?run={stores.BIG}&sample=message-0000123&arm={FIRST_ARM}", "text=1 call")
    watch.step(
        "trace: next sample", TURN, page.get_by_role("button", name="Next").click, "text=/^[0-9,]+ of/"
    )
    watch.open("leaderboard", f"/?run={stores.BIG}", table)
    watch.open("compare", f"/compare?run={stores.BIG}", chart)
    watch.open("leaderboard of a small run", "/?run=small", table)
    watch.step("list of runs", TURN, page.get_by_label("Run", exact=True).click, "[role=option]")


def samples(watch: Watch, last: int) -> None:
    """Turns pages, and filters."""
    page = watch.page
    more = page.get_by_test_id("stNumberInputStepUp")

    def to(number: int) -> None:
        page.get_by_label("Page, of").fill(str(number))
        page.keyboard.press("Enter")

    def search(text: str) -> None:
        page.get_by_role("textbox", name="Search").fill(text)
        page.keyboard.press("Enter")

    watch.step("samples: next page", TURN, more.click, "text=/^51 to 100 of/")
    deepest = f"text=/to {watch.records:,} of/"
    watch.step("samples: last page, for the first time", PAINT, lambda: to(last), deepest)
    watch.step("samples: a page before it", TURN, lambda: to(last - 7), f"text=/^{(last - 8) * 50 + 1:,} to/")
    watch.step("samples: search", PAINT, lambda: search("0004711"), "text=/^1 to 20 of 20/")
    target = f"/samples?run={stores.BIG}&target=billing&answer=returns"
    watch.open("samples: a cell of the confusion matrix", target, "[data-testid=stDataFrame] canvas")


def table(found: list[dict[str, Any]]) -> str:
    """The figures as Markdown, a column for each size."""
    sizes = sorted({one["records"] for one in found})
    cells = {
        (one["step"], one["records"]): f"{one['seconds']:.2f} ({one['server_cpu']:.2f})" for one in found
    }
    columns = " | ".join(f"{size:,} records" for size in sizes)
    lines = [
        f"| seconds until it is to be seen (CPU of the server) | {columns} | target | largest message |",
        "|---|" + "--:|" * (len(sizes) + 2),
    ]
    for name in dict.fromkeys(one["step"] for one in found):
        some = [one for one in found if one["step"] == name]
        largest = max(one["message_mb"] for one in some)
        shown = " | ".join(cells.get((name, size), "–") for size in sizes)
        lines.append(f"| {name} | {shown} | {some[0]['target']} | {largest:.2f} MB |")
    return "\n".join(lines)


def write(found: list[dict[str, Any]]) -> None:
    """Keeps what other sizes gave."""
    path = RESULTS / "dashboard.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    sizes = {one["records"] for one in found}
    every = [one for one in before if one["records"] not in sizes] + found
    path.write_text(json.dumps(every, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "dashboard.md").write_text(table(every) + "\n", encoding="utf-8")
    print(table(every))


def main() -> None:
    """Makes or takes a store, and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, help="made by stores.py with the same arms and samples")
    parser.add_argument("--arms", type=int, default=stores.ARMS)
    parser.add_argument("--samples", type=int, default=stores.SAMPLES)
    given = parser.parse_args()
    records = given.arms * given.samples
    with tempfile.TemporaryDirectory() as folder:
        store = given.store or Path(folder) / "big.db"
        if given.store is None:
            stores.make(store, given.arms, given.samples)
        rounds = [watched(store, records) for _ in range(ROUNDS)]
    write([best(steps) for steps in zip(*rounds, strict=True)])


def best(steps: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The least of each figure over the rounds of one step."""
    least = {name: min(one[name] for one in steps) for name in ("seconds", "settled", "server_cpu")}
    return {**steps[0], **least, "message_mb": max(one["message_mb"] for one in steps)}


def watched(store: Path, records: int) -> list[dict[str, Any]]:
    """What a new server and a new browser show of the store."""
    with TOOLS["served"](store) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(TOOLS["QUIET"])
        )
        watch = Watch(browser.new_page(viewport={"width": 1400, "height": 900}, base_url=address), records)
        measure(watch, -(-records // 50))
        browser.close()
    return watch.found


if __name__ == "__main__":
    main()
