import re
import runpy
from pathlib import Path

import pytest

from promptsweep.prompts.strategies import names
from promptsweep.workspace import Workspace, builtin_root

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


@pytest.mark.parametrize(
    "path", sorted(builtin_root().joinpath("prompts").rglob("*.j2")), ids=lambda path: path.stem
)
def test_a_template_with_words_of_its_own_has_them_in_korean(path):
    source = path.read_text(encoding="utf-8")
    words = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)

    assert ("language" in source and re.search("[가-힣]", source)) or not re.search("[A-Za-z]", words)
