import runpy
from pathlib import Path

import pytest

from promptsweep.prompts.strategies import names
from promptsweep.workspace import Workspace

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "rendered.py"
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="needs the repository's docs")


def test_the_rendered_examples_are_those_of_the_templates():
    page = runpy.run_path(str(SCRIPT))["page"]()

    assert (ROOT / "docs" / "rendered.md").read_text(
        "utf-8"
    ) == page  # `python docs/rendered.py` writes it anew


def test_every_shipped_strategy_has_an_example(tmp_path):
    assert set(runpy.run_path(str(SCRIPT))["EXAMPLES"]) == set(names(Workspace(tmp_path)))
