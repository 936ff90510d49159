"""A store with real runs, made with a model that is a function, and hostile text in every place."""

from __future__ import annotations

import runpy
import shutil
from functools import cache
from pathlib import Path

import pytest
from asked import KEY, KEY_VARIABLE, asked_workspace, behaviour
from browsing import is_error, is_foreign
from hostile import HOSTILE, mood_model
from playwright.sync_api import sync_playwright
from streamlit.components.v2 import manifest_scanner
from streamlit.components.v2.manifest_scanner import scan_component_manifests

import promptsweep
from servers import ChatServer
from workspaces import mood, rows

SCREENSHOT = Path(__file__).parents[2] / "docs" / "screenshot.py"
TEMPLATE = "{% params tone='dry' %}{% system %}\n{{ tone }}\n{% user %}\n{{ input }}"


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: `plain` (three arms, two repeats), `days` (two pages of samples), `hostile` (an error)."""
    root = tmp_path_factory.mktemp("dashboard")
    odd = rows(
        [(HOSTILE, "good"), ("It breaks.", "bad"), ("It is endless.", "good")], "<img src=x onerror=alert(4)>"
    )
    many = rows([(f"Best of day {day}.", "good") for day in range(60)], "day")
    place = mood(
        root,
        **{
            "datasets/odd.yaml": {
                "task": "classification",
                "labels": ["good", "bad"],
                "instruction": HOSTILE,
            },
            "datasets/odd.test.jsonl": odd,
            "prompts/mine/answer.j2": TEMPLATE,
            "datasets/days.yaml": {
                "task": "classification",
                "labels": ["good", "bad"],
                "instruction": "Judge.",
            },
            "datasets/days.test.jsonl": many,
        },
    )
    strategies = ["zero_shot", {"few_shot": {"k": [2, 4]}}]
    run(place.root, name="plain", datasets="mood", strategies=strategies, repeats=2)
    run(place.root, name="days", datasets="days", strategies="zero_shot")
    metrics = ["accuracy", "macro_f1", {"contains": {"text": HOSTILE}}]
    run(place.root, name="hostile", datasets="odd", strategies=[{"mine": {"tone": HOSTILE}}], metrics=metrics)
    return place.root


def run(root: Path, **sweep: object) -> None:
    """Runs a sweep on the model `m`."""
    promptsweep.run({"models": "m", **sweep}, models={"m": mood_model()}, workspace=root)


@pytest.fixture(scope="session", autouse=True)
def components():
    """Streamlit looks through every installed package for each `AppTest`; here, once."""
    with pytest.MonkeyPatch.context() as streamlit:
        streamlit.setattr(manifest_scanner, "scan_component_manifests", cache(scan_component_manifests))
        yield


@pytest.fixture(scope="session")
def tools():
    """The names of the screenshot script, which starts servers and browsers too."""
    if shutil.which("chromium") is None:
        pytest.skip("no chromium on the path")
    if not SCREENSHOT.is_file():
        pytest.skip("not in a checkout: docs/ is not shipped")
    return runpy.run_path(str(SCREENSHOT))


@pytest.fixture(scope="session")
def server(tools, workspace):
    with tools["served"](workspace / "reports" / "promptsweep.db") as address:
        yield address


@pytest.fixture(scope="module")
def browser(tools):
    """Closed after each module: while Playwright runs, nothing else in the process can run an event loop."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(tools["QUIET"])
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def tab(browser, server):
    """A tab and what went wrong in it. In a new one, the browser compiles all of Streamlit's scripts anew."""
    tab, trouble = browser.new_page(viewport={"width": 1400, "height": 900}, base_url=server), []
    tab.on("console", lambda message: trouble.append(message.text) if is_error(message) else None)
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    tab.on("dialog", lambda dialog: (trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    tab.on(
        "request", lambda request: trouble.append(request.url) if is_foreign(request.url, server) else None
    )
    yield tab, trouble
    tab.close()


@pytest.fixture
def page(tab):
    """A page that fails the test for errors in its console, dialogs, and requests to any other host."""
    page, trouble = tab
    yield page
    page.evaluate("localStorage.clear(), sessionStorage.clear()")
    page.context.clear_cookies()
    page.goto("about:blank")
    found = [trouble.pop() for _ in list(trouble)]
    assert not found


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """The server, and its workspace as the one that the dashboard shows."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(tmp_path))
    with ChatServer(behaviour) as server:
        asked_workspace(tmp_path, server)
        server.requests.clear()
        yield server
