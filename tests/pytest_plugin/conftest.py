"""A workspace with gates and a baseline, the server of its model, and pytest run in it as a user runs it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import scipy.stats  # noqa: F401  pytest run within a test forgets what it imported, and numpy loads only once

import promptsweep
from promptsweep.reports.baseline_files import write_baseline
from promptsweep.reports.baselines import make_baseline
from promptsweep.reports.recording import record
from servers import ChatServer
from workspaces import mood, rows, write

TEXTS = [(f"Evening {place} was {word}.", word) for place in range(60) for word in ("good", "bad")]
GATES = [
    {"metric": "accuracy", "arm": "few_shot", "min": 0.5},
    {"metric": "accuracy", "no_regression": {"margin": 0.1}},
    {"metric": "accuracy", "arm": "few_shot", "slice": "label", "min": 0.5},
]
SWEEP = {"datasets": "mood", "models": "acme/m", "strategies": ["zero_shot", {"few_shot": {"k": 2}}]}


def right(request):
    """The word that the text ends with."""
    return re.search(r"(\w+)\.$", request["messages"][-1]["content"])[1]


def wrong(request):
    """Always good."""
    return "good"


@pytest.fixture
def server(tmp_path: Path, monkeypatch) -> Iterator[ChatServer]:
    """The workspace at `tmp_path` and the server of its model; every answer is right."""
    on_ci = ("CI", "BUILD_NUMBER")  # there pytest's summary repeats each failure whole, and counts differ
    for name in ("PROMPTSWEEP_STORE", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", *on_ci):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PROMPTSWEEP_WORKSPACE", str(tmp_path))
    with ChatServer(right) as serving:
        endpoint = {"base_url": serving.base_url, "prices": {"*": {"input": 1, "output": 2}}}
        mood(tmp_path, **{"datasets/mood.test.jsonl": rows(TEXTS)})
        endpoints = {"endpoints": {"acme": {**endpoint, "retries": {"attempts": 1}}}}
        write(tmp_path, {"runners/ci.yaml": {**SWEEP, "gates": GATES}, "runners/models.yaml": endpoints})
        yield serving


@pytest.fixture
def saved(server: ChatServer, tmp_path: Path) -> ChatServer:
    """A run in which all is right, saved as the baseline; then its store is gone, as on another machine."""
    run = promptsweep.run("ci", workspace=tmp_path)
    run.check("accuracy", min=0.5)
    write_baseline(make_baseline(run.store, run.id), tmp_path / "reports" / "baselines" / "ci.json")
    record(run.store, run.id, tmp_path / "r.jsonl.zst")
    run.store.close()
    for path in (tmp_path / "reports").glob("promptsweep.db*"):
        path.unlink()
    server.requests.clear()
    return server


@pytest.fixture
def run_pytest(pytester: pytest.Pytester, tmp_path: Path) -> Callable[..., pytest.RunResult]:
    """`run_pytest("--promptsweep", "ci")` in the workspace, with the plugin; with `-n` as a process.

    Within this process the packages that are slow to import are there already.
    """
    installed = entry_points(group="pytest11", name="promptsweep")
    loaded = [] if installed else ["-p", "promptsweep.pytest_plugin"]
    alone = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]  # that one imports Hypothesis at each end
    options = [*alone, "--rootdir", str(tmp_path)]

    def run(*words: str) -> pytest.RunResult:
        pytester.chdir()
        if "-n" in words:
            return pytester.runpytest_subprocess(*loaded, *options, *words, timeout=120)
        return pytester.runpytest_inprocess(*loaded, *options, *words)

    return run
