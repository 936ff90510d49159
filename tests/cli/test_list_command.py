"""`list`: runs and offers."""

from __future__ import annotations

import pytest

from workspaces import mood, write


def test_runs_are_listed_the_newest_first(ran, command):
    command("run", "mood", "--limit", "1")

    newest, oldest = command("list", "--json").json

    assert (newest["done"], oldest["done"], oldest["planned"]) == (2, 12, 12)
    assert newest["run"] in command("list").out


def test_without_a_store_list_says_how_to_make_a_run(command, tmp_path):
    mood(tmp_path)

    listed = command("list")

    assert listed.code == 2
    assert "promptsweep run SWEEP makes one" in listed.err


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("strategies", "skeleton_of_thought"),
        ("datasets", "mood"),
        ("models", "acme/MODEL"),
        ("metrics", "macro_f1"),
        ("sweeps", "mood"),
    ],
)
def test_what_there_is_is_listed_with_a_line_about_it(command, server, what, name):
    offered = {one["name"]: one["description"] for one in command("list", what, "--json").json}

    assert name in offered
    assert offered[name]
    assert name in command("list", what).out


def test_what_cannot_be_read_is_listed_with_what_is_wrong(command, server, tmp_path):
    write(tmp_path, {"datasets/broken.yaml": "task: clasification\n"})

    offered = {one["name"]: one["description"] for one in command("list", "datasets", "--json").json}

    assert offered["broken"].startswith("error: ")
    assert "mood" in offered


def test_a_strategy_in_python_is_not_executed_to_be_listed(command, server, tmp_path):
    write(
        tmp_path,
        {"prompts/mine/strategy.py": "raise SystemExit('executed')\n", "prompts/mine/answer.j2": "x"},
    )

    assert "in Python" in command("list", "strategies").out


def test_an_unknown_kind_is_answered_with_the_nearest(command, server):
    listed = command("list", "strategy")

    assert listed.code == 2
    assert "unknown list 'strategy'. Did you mean 'strategies'?" in listed.err
