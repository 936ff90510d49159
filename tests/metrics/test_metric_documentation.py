"""docs/metrics.md lists every metric as the code has it."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from promptsweep.metrics import describe
from promptsweep.metrics.define import MetricDefinition
from promptsweep.metrics.judge import JudgeDefinition
from promptsweep.metrics.resolve import _BUILTIN

PAGE = Path(__file__).parents[2] / "docs/metrics.md"


def row(name):
    """The line of the page's table that says what the code says."""
    definition = _BUILTIN[name]
    params = list(inspect.signature(definition.function).parameters.values())[2:]
    shown = ", ".join(_shown(one) for one in params)
    scope = "answer" if isinstance(definition, MetricDefinition | JudgeDefinition) else "all answers"
    better = {True: "higher", False: "lower", None: "–"}[definition.higher_is_better]
    return f"| `{name}` | {shown or '–'} | {scope} | {better} | {describe()[name]} |"


def _shown(param):
    return f"`{param.name}`" + ("" if param.default in (param.empty, None, "") else f" ({param.default})")


@pytest.mark.parametrize("name", describe())
def test_the_page_says_of_each_metric_what_the_code_says(name):
    assert row(name) in PAGE.read_text(encoding="utf-8").splitlines()


def test_the_page_lists_no_metric_that_there_is_not():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    listed = [line.split("`")[1] for line in lines if line.startswith("| `") and line.count("|") == 6]

    assert sorted(listed) == sorted(describe())
