"""Makes `docs/images/dashboard.png`: `python docs/screenshot.py reports/promptsweep.db`.

Needs the `dev` extra and a Chromium on the path. Options choose another page, theme or file.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
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


@contextlib.contextmanager
def served(store: Path) -> Iterator[str]:
    """The address of a dashboard that shows `store`, while the block runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", f"--server.port={port}"]
    environment = {**os.environ, "PROMPTSWEEP_STORE": str(store.resolve())}
    server = subprocess.Popen(  # noqa: S603  our own interpreter and module
        [*command, "--server.headless=true"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
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


def main() -> None:
    """Takes one screenshot."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("store", type=Path)
    options.add_argument("--page", default="", help="path and query, such as samples?wrong=1")
    options.add_argument("--theme", choices=["light", "dark"], default="light")
    options.add_argument("--output", type=Path, default=ROOT / "docs" / "images" / "dashboard.png")
    given = options.parse_args()
    with served(given.store) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        page = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme=given.theme)
        page.goto(f"{address}/{given.page}")
        settle(page)
        given.output.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=given.output)
        browser.close()


if __name__ == "__main__":
    main()
