"""The fixture `promptsweep_run`, its marker, and what the plugin costs who does not use it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from workspaces import write

RECORDS = 240


def test_a_gate_in_python_passes_and_gives_its_check(saved, run_pytest, tmp_path):
    write(
        tmp_path,
        {
            "test_prompts.py": """
import pytest

def test_no_regression(promptsweep_run):
    assert promptsweep_run("runners/ci.yaml").check("accuracy", margin=0.1).exit_code == 0

def test_threshold(promptsweep_run):
    check = promptsweep_run("ci").check("accuracy", arm="few_shot", min=0.8)
    assert [result.arm for result in check.results] == ["few_shot(k=2) | acme/m | mood"]

def test_table(promptsweep_run):
    assert len(promptsweep_run("ci").run.table()) == 2
"""
        },
    )

    result = run_pytest(str(tmp_path / "test_prompts.py"), "-n", "2")

    result.assert_outcomes(passed=3)
    assert len(saved.requests) == RECORDS


def test_a_gate_that_fails_shows_its_verdict_and_no_traceback(saved, run_pytest, tmp_path):
    test = "def test_it(promptsweep_run):\n    promptsweep_run('ci').check('accuracy', margin=0.1)\n"
    write(tmp_path, {"test_prompts.py": test})
    saved.behaviour = lambda request: "good"

    result = run_pytest(str(tmp_path / "test_prompts.py"))

    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert text.count("accuracy × no regression beyond 0.1") == 2
    assert "right in the baseline and wrong now" in text
    assert "def check" not in text


def test_a_model_may_be_a_function(saved, run_pytest, tmp_path):
    write(
        tmp_path,
        {
            "test_prompts.py": """
from promptsweep.errors import ConfigError
from promptsweep.testing import FunctionModel
import pytest

def test_it(promptsweep_run):
    model = FunctionModel(lambda request: "good")
    run = promptsweep_run("ci", models={"acme/m": model}, limit=20)
    assert model.calls == 40
    assert promptsweep_run("ci", models={"acme/m": model}, limit=20).run.id == run.run.id
    run.check("accuracy", max=0.9)
    with pytest.raises(ConfigError, match="unknown metric 'acuracy'"):
        run.check("acuracy", min=0.9)
"""
        },
    )

    run_pytest(str(tmp_path / "test_prompts.py")).assert_outcomes(passed=1)
    assert saved.requests == []


def test_tests_that_use_the_fixture_carry_the_marker(server, run_pytest, tmp_path):
    tests = "def test_it(promptsweep_run):\n    pass\ndef test_other():\n    pass\n"
    write(tmp_path, {"test_prompts.py": tests})
    words = [str(tmp_path / "test_prompts.py"), "--strict-markers", "--collect-only", "-q"]

    assert "1/2 tests collected" in run_pytest(*words, "-m", "promptsweep").stdout.str()


def test_the_entry_point_names_the_plugin():
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")

    assert tomllib.loads(text)["project"]["entry-points"]["pytest11"] == {
        "promptsweep": "promptsweep.pytest_plugin"
    }


def test_the_plugin_imports_nothing_of_weight_before_it_is_used():
    code = "import sys, pytest; before = set(sys.modules); import promptsweep.pytest_plugin\n"
    code += "print(*sorted(set(sys.modules) - before), sep='\\n')"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    ours = {name for name in done.stdout.split() if name.startswith("promptsweep")}
    assert ours == {"promptsweep", "promptsweep.pytest_plugin"}
    assert not {"numpy", "pandas", "pydantic", "sqlalchemy", "asyncio"} & set(done.stdout.split())
