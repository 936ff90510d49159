"""Makes the pictures in `docs/images`, one of each page: `make screenshots`, or `python docs/screenshot.py`.

They show the store of `docs/demo.py`, or the one given. Needs the `dev` extra and a Chromium on the path.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""What keeps Chromium from any network but ours."""
SIZE = {"width": 1400, "height": 900}
COLORS = 128
"""Of a picture: enough for text and charts, and a third of the bytes."""
SAMPLE = "tickets-test-002"
QUERIES = {
    "leaderboard": "run=triage&model=large",
    "samples": "run=triage&wrong=True",
    "trace": f"run=triage&sample={SAMPLE}",
    "anatomy": "run=strategies",
    "cost": "run=strategies",
    "trends": "run=nightly",
}
"""What of the demo a page shows, where that is not the sweep `triage`."""


@contextlib.contextmanager
def served(store: Path, **environment: str) -> Iterator[str]:
    """The address of a dashboard that shows `store`, while the block runs; with more `environment`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", f"--server.port={port}"]
    given = {**os.environ, "PROMPTSWEEP_STORE": str(store.resolve()), **environment}
    server = subprocess.Popen(  # noqa: S603  our own interpreter and module
        [*command, "--server.headless=true"], cwd=ROOT, env=given, stdout=subprocess.DEVNULL
    )
    try:
        _await(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _await(url: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  always http
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def settle(page: Page) -> None:
    """Waits until Streamlit has run the page and its charts and tables are drawn."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=30_000)
    page.wait_for_timeout(1_500)


def made() -> list[str]:
    """The names of the pages that there are."""
    from promptsweep.dashboard import pages

    return [name for name in pages.PAGES if find_spec(f"promptsweep.dashboard.views.{name}")]


def _path(name: str) -> str:
    """Path and query of a page; the first one stands at the root."""
    from promptsweep.dashboard.pages import FIRST

    return f"{'' if name == FIRST else name}?{QUERIES.get(name, 'run=triage')}"


def picture(browser: Browser, url: str, path: Path, theme: str) -> None:
    """Writes what a page shows as a PNG of few colours."""
    from PIL import Image

    page = browser.new_page(viewport=SIZE, color_scheme=theme, locale="en-GB", timezone_id="UTC")
    page.goto(url)
    settle(page)
    page.screenshot(path=path)
    page.close()
    with Image.open(path) as image:
        image.convert("RGB").quantize(COLORS).save(path, optimize=True)


def main() -> None:
    """Takes a picture of every page, and one of the leaderboard in Korean."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("store", type=Path, nargs="?", help="default: the demo, made anew")
    options.add_argument("--page", action="append", help="only this page; may be given several times")
    options.add_argument("--theme", choices=["light", "dark"], default="light")
    options.add_argument("--output", type=Path, default=IMAGES, help="the folder of the pictures")
    given = options.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    places = {name: _path(name) for name in made()}
    places["leaderboard.ko"] = f"{places['leaderboard']}&lang=ko"
    with contextlib.ExitStack() as stack:
        store = given.store or _demo(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        address = stack.enter_context(served(store))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        for name in given.page or places:
            picture(browser, f"{address}/{places[name]}", given.output / f"{name}.png", given.theme)


def _demo(folder: Path) -> Path:
    from demo import make

    return make(folder)


if __name__ == "__main__":
    main()
