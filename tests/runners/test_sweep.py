"""Sweep files: axes, narrowing, and one line for every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptsweep.errors import ConfigError
from promptsweep.runners import load, parse
from promptsweep.runners.sweep import axes
from promptsweep.workspace import Workspace

BASE = {"datasets": "d", "models": "m", "strategies": ["zero_shot"]}


def variants(**keys):
    return list(parse({**BASE, **keys}, Path("s.yaml")).variants())


def test_any_list_under_a_strategy_is_an_axis():
    found = variants(strategies=["zero_shot", {"few_shot": {"k": [2, 4], "select": ["first", "nearest"]}}])

    assert [(one.strategy, dict(one.params)) for one in found] == [
        ("zero_shot", {}),
        ("few_shot", {"k": 2, "select": "first"}),
        ("few_shot", {"k": 2, "select": "nearest"}),
        ("few_shot", {"k": 4, "select": "first"}),
        ("few_shot", {"k": 4, "select": "nearest"}),
    ]


def test_a_list_in_a_list_is_one_value():
    assert list(axes({"stop": [["a", "b"]], "n": 1})) == [{"stop": ["a", "b"], "n": 1}]


def test_params_are_axes_too():
    [variant] = variants(params={"temperature": [0, 0.7], "max_tokens": 8})

    assert variant.model_params == [
        {"temperature": 0, "max_tokens": 8},
        {"temperature": 0.7, "max_tokens": 8},
    ]


def test_a_strategy_may_narrow_the_sweep_for_itself():
    narrow = {"draws": 3, "datasets": ["e"], "models": "n", "limit": 5, "params": {"max_tokens": 64}}
    [variant] = variants(
        strategies=[{"self_consistency": narrow}], params={"max_tokens": 8, "temperature": 1}
    )

    assert dict(variant.params) == {"draws": 3}
    assert (variant.datasets, variant.models, variant.limit) == (["e"], ["n"], 5)
    assert variant.model_params == [{"max_tokens": 64, "temperature": 1}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "datasets: d\nmodels: m\nstrategies: [a]\nrepeat: 2\n",
            ":4: unknown key 'repeat'. Did you mean 'repeats'?",
        ),
        ("datasets: d\nmodels: m\n", ": 'strategies' is required"),
        (
            "datasets: d\nmodels: m\nstrategies: [a]\nrepeats: 0\n",
            ":4: repeats: Input should be greater than",
        ),
        (
            "datasets: d\nmodels: m\nstrategies:\n  - a\n  - {b: 1}\n",
            ":5: a strategy is a name, or a name with",
        ),
        (
            "datasets: d\nmodels: m\nstrategies:\n  - a:\n      limit: none\n",
            ":5: limit must be a whole number",
        ),
        ("datasets: d\nmodels: [m\nstrategies: [a]\n", ":3: bad YAML"),
        ("- a\n- b\n", ":1: must hold keys and values"),
        ("datasets: d\ndatasets: e\n", ":2: bad YAML: found duplicate key"),
    ],
)
def test_a_mistake_is_one_line_with_file_and_line(tmp_path, text, message):
    path = tmp_path / "s.yaml"
    path.write_text(text)

    with pytest.raises(ConfigError) as error:
        list(load(str(path), Workspace(tmp_path)).variants())

    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_yaml_words_stay_words(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text("datasets: [no, yes]\nmodels: on\nstrategies: off\n")

    sweep = load(str(path), Workspace(tmp_path)).sweep

    assert (sweep.datasets, sweep.models, sweep.strategies) == (["no", "yes"], "on", "off")


def test_the_name_is_the_files_unless_given(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("datasets: d\nmodels: m\nstrategies: a\n")

    assert load(str(path), Workspace(tmp_path)).sweep.name == "mine"
    assert load(str(path), Workspace(tmp_path), {"name": "other"}).sweep.name == "other"


def test_an_unknown_sweep_names_the_nearest():
    with pytest.raises(ConfigError, match=r"unknown sweep 'quickstat'\. Did you mean 'quickstart'"):
        load("quickstat", Workspace(Path("/nonexistent")))
