"""The reference of the commands in the README is made from the commands."""

from __future__ import annotations

from pathlib import Path

from promptsweep.cli.reference import reference

BEGIN, END = "<!-- cli:begin -->", "<!-- cli:end -->"


def test_the_readme_holds_the_reference_as_it_is_generated():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

    assert readme.count(BEGIN) == readme.count(END) == 1
    written = readme.partition(BEGIN)[2].partition(END)[0]
    assert written.strip() == reference().strip(), (
        "python -m promptsweep.cli.reference prints what it should be"
    )


def test_every_command_and_option_has_a_help_text():
    text = reference()

    for command in (
        "init",
        "validate",
        "plan",
        "run",
        "list",
        "show",
        "compare",
        "render",
        "score",
        "import",
    ):
        assert f"#### `promptsweep {command}" in text
    for command in ("report", "export", "cache stats", "cache prune", "cache explain", "doctor", "dashboard"):
        assert f"#### `promptsweep {command}" in text
    assert ": \n" not in text
