"""`train-router`: from labelled questions to the router's file."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from promptsweep.cli import app
from workspaces import mood, write


def train_router(root, *words):
    return CliRunner().invoke(app, ["train-router", *words, "--workspace", str(root)])


def test_a_router_is_trained_and_its_table_printed(tmp_path):
    done = train_router(write(tmp_path, {}).root)

    path = tmp_path / "prompts" / "skeleton_of_thought" / "router.json"
    assert done.exit_code == 0
    assert "precision 0.9" in done.stdout
    assert f"Wrote {path}" in done.stdout.replace("\n", "")
    assert 0 < json.loads(path.read_text(encoding="utf-8"))["threshold"] < 1


def test_other_labels_are_one_line(tmp_path):
    done = train_router(mood(tmp_path).root, "mood")

    assert done.exit_code == 2
    assert "mood.yaml: a router learns from the labels skeleton and direct" in done.stderr


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    done = train_router(write(tmp_path, {}).root, "--output", str(tmp_path / "file" / "router.json"))

    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be written" in done.stderr
    assert done.stderr.count("\n") == 1
