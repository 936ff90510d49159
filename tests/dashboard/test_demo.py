"""The demo store, of which the pictures in the documentation are taken."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from promptsweep.reports import open_store, summarise
from promptsweep.reports.browse import list_runs
from promptsweep.workspace import Workspace

DEMO = Path(__file__).parents[2] / "docs" / "demo.py"


def test_the_demo_has_a_sweep_over_commits_and_strategies_of_every_kind(tmp_path):
    if shutil.which("git") is None or not DEMO.is_file():
        pytest.skip("needs git and a checkout")
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, str(DEMO), str(tmp_path / "demo")], check=True, env=os.environ | paths)

    with contextlib.closing(open_store(Workspace(tmp_path / "demo"), create=False)) as store:
        runs = list_runs(store)
        strategies = {arm.strategy for run in runs for arm in summarise(store, run.id, run.repeats)}
    assert [run.name for run in runs] == ["triage", "strategies", *["nightly"] * 6]
    assert all(run.status == "done" and run.cost for run in runs)
    assert len({run.versions["commit"] for run in runs if run.name == "nightly"}) == 6
    assert runs[0].id == "20261107-233000-0007"
    assert {"self_consistency", "chain_of_density", "skeleton_of_thought", "chain_of_thought"} <= strategies
