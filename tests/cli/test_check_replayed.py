"""`check --replay`: a pull request from a fork, with no key, no network and an empty store."""

from __future__ import annotations

import pytest

from promptsweep.workspace import builtin_root
from workspaces import write

TEMPLATE = (builtin_root() / "prompts" / "few_shot" / "answer.j2").read_text(encoding="utf-8")
GATES = [
    {"metric": "accuracy", "arm": "few_shot", "min": 0.9, "by": "estimate"},
    {"metric": "accuracy", "arm": "few_shot", "no_regression": {"margin": 0.5}},
]


@pytest.fixture
def fork(command, server, tmp_path):
    """A workspace with a baseline and a recording, and neither store nor running server."""
    sweep = {
        "datasets": "mood",
        "models": "acme/m",
        "strategies": ["zero_shot", {"few_shot": {"k": 2}}],
        "gates": GATES,
    }
    write(tmp_path, {"runners/gated.yaml": sweep, "prompts/few_shot/answer.j2": TEMPLATE})
    for words in (
        ("run", "gated"),
        ("baseline", "save", "gated"),
        ("record", "gated", "-o", str(file(tmp_path))),
    ):
        made = command(*words)
        assert made.code == 0, made.err
    (tmp_path / "reports" / "promptsweep.db").unlink()
    server.requests.clear()
    return tmp_path


def file(root):
    return root / "reports" / "responses.jsonl.zst"


def test_an_unchanged_prompt_passes_from_the_recording_alone(fork, command, server):
    checked = command("check", "gated", "--replay", str(file(fork)), "--json")

    assert (checked.code, server.requests) == (0, [])
    assert [found["verdict"] for found in checked.json["results"]] == ["PASS", "PASS"]


def test_a_rename_in_a_template_passes_too(fork, command, server):
    write(
        fork,
        {
            "prompts/few_shot/answer.j2": TEMPLATE.replace("for shot in", "for example in").replace(
                "shot.", "example."
            )
        },
    )

    checked = command("check", "gated", "--replay", str(file(fork)))

    assert (checked.code, server.requests) == (0, [])


def test_an_edited_prompt_is_incomplete_and_names_its_arm(fork, command, server):
    write(
        fork, {"prompts/few_shot/answer.j2": TEMPLATE.replace("{{ instruction }}", "{{ instruction }} 잘!")}
    )

    checked = command("check", "gated", "--replay", str(file(fork)))

    assert (checked.code, server.requests) == (4, [])
    assert "6 requests were never recorded, of 'few_shot(k=2) | acme/m | mood' (6 records)" in checked.err
    assert "▸ 잘!" in checked.err
    assert f"--replay {file(fork)}" in checked.err.splitlines()[-1]


def test_live_misses_judges_the_edited_prompt_by_asking_for_its_replies_alone(fork, command, server):
    write(
        fork, {"prompts/few_shot/answer.j2": TEMPLATE.replace("{{ instruction }}", "{{ instruction }} 잘!")}
    )

    checked = command("check", "gated", "--replay", str(file(fork)), "--live-misses")

    assert (checked.code, len(server.requests)) == (0, 6)
