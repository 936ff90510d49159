"""This repository's own prompts, against the replies of the embedded model that are recorded here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promptsweep.cli import app

ROOT = Path(__file__).parents[2]
RECORDING = ROOT / "reports" / "recordings" / "ci.jsonl.zst"
BASELINE = ROOT / "reports" / "baselines" / "ci.json"


def check(workspace, store, *words):
    words = ["check", "ci", "--replay", str(RECORDING), "--baseline", str(BASELINE), "--no-progress", *words]
    return CliRunner().invoke(app, [*words, "--workspace", str(workspace), "--store", str(store)])


def test_the_shipped_prompts_do_what_they_did(tmp_path):
    done = check(ROOT, tmp_path / "store.db")

    assert done.exit_code == 0, done.output
    assert "gates passed" in done.stdout


@pytest.mark.parametrize(
    ("edit", "code"),
    [(("{{", "{# another comment #}{{"), 0), (("{% user %}", "{% user %}\nPlease."), 4)],
    ids=["as sent before", "other words"],
)
def test_an_edit_that_changes_what_is_sent_is_noticed(edit, code, tmp_path):
    for folder in ("prompts", "runners", "datasets"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    template = tmp_path / "prompts" / "few_shot" / "answer.j2"
    text = template.read_text(encoding="utf-8")
    assert edit[0] in text
    template.write_text(text.replace(*edit), encoding="utf-8")

    done = check(tmp_path, tmp_path / "store.db")

    assert done.exit_code == code, done.output
    assert "template few_shot/answer.j2" in done.stdout
    if code:
        assert "80 requests were never recorded" in done.output
        assert "few_shot(k=4, select=first) | local | reviews_en" in done.output


def test_what_is_recorded_is_small():
    assert RECORDING.stat().st_size < 300_000
    assert BASELINE.stat().st_size < 300_000
