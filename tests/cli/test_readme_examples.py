"""What the READMEs tell a reader to write and to type."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_the_sweep_over_two_vendors_is_valid_with_the_gates(command, tmp_path, name):
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    [sweep] = [block for block in blocks if block.startswith("# runners/triage.yaml")]
    gates = [block for block in blocks if block.startswith("gates:")]
    (tmp_path / "runners").mkdir()
    (tmp_path / "runners" / "triage.yaml").write_text("".join([sweep, *gates]), encoding="utf-8")

    validated = command("validate", "triage")

    assert (validated.code, validated.err) == (0, "")
    assert "ok: sweep triage: 36 arms" in validated.out
