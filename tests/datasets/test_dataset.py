from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from made_datasets import Make

from promptsweep.answers import parser
from promptsweep.datasets import load
from promptsweep.datasets.card import FORMS
from promptsweep.errors import ConfigError
from promptsweep.types import Sample, Task
from promptsweep.workspace import Workspace

ROWS = [{"id": "a", "input": "q", "target": "x"}]


@pytest.mark.parametrize(
    ("splits", "evaluated"),
    [
        (["train", "dev", "test"], "test"),
        (["train", "validation", "dev"], "dev"),
        (["train", "validation"], "validation"),
        (["train"], "train"),
        (["train", "hard", "easy"], "easy"),
    ],
)
def test_the_evaluated_split_is_never_train_where_there_is_another(
    make: Make, splits: list[str], evaluated: str
) -> None:
    dataset = make("task: qa", "made", **dict.fromkeys(splits, ROWS))

    assert dataset.split() == evaluated


def test_an_unknown_split_names_the_nearest(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"unknown split 'tst'\. Did you mean 'test'"):
        make("task: qa", test=ROWS).samples("tst")


def test_an_unknown_dataset_names_the_nearest(make: Make, tmp_path: Path) -> None:
    make("task: qa", name="tickets", test=ROWS)

    with pytest.raises(ConfigError, match=r"unknown dataset 'ticket'\. Did you mean 'tickets'"):
        load("ticket", Workspace(tmp_path))


def test_a_dataset_is_loaded_by_name_or_by_the_path_of_its_card(make: Make, tmp_path: Path) -> None:
    by_name = make("task: qa", test=ROWS)
    by_path = load(str(by_name.path), Workspace(tmp_path / "elsewhere"))

    assert by_path.name == by_name.name == "made"
    assert list(by_path.samples()) == list(by_name.samples())


def test_templates_see_the_card_with_the_form_of_the_task(make: Make) -> None:
    dataset = make("task: classification\ninstruction: Judge it.\nlabels: [a, b]", test=ROWS)

    assert dataset.context == {
        "task": "classification",
        "instruction": "Judge it.",
        "form": "Answer with one label and nothing else.",
        "labels": ["a", "b"],
        "language": "en",
        "dataset": "made",
    }


def test_the_form_of_a_card_wins_over_that_of_the_task(make: Make) -> None:
    assert make("task: math\nform: 숫자만 쓰세요.", test=ROWS).context["form"] == "숫자만 쓰세요."
    assert make("task: math\nform: ''", test=ROWS).context["form"] == ""


@pytest.mark.parametrize("task", get_args(Task))
@pytest.mark.parametrize(("language", "korean"), [("ko", True), ("ko-KR", True), ("en-GB", False)])
def test_the_form_of_the_task_is_in_the_language_of_the_card(
    make: Make, task: str, language: str, korean: bool
) -> None:
    form = make(f"task: {task}\nlabels: [a]\nlanguage: {language}", test=ROWS).context["form"]

    assert any("가" <= letter <= "힣" for letter in form) == (korean and task != "open")


def test_the_korean_form_of_a_number_is_one_that_is_read() -> None:
    assert "`답:`" in FORMS["ko"]["math"]
    assert parser("math")("3에 4를 더하면 7이다. 식은 2개.\n답: 7", Sample("1", "")) == "7"


def test_samples_can_be_read_again(make: Make) -> None:
    dataset = make("task: qa", test=ROWS)

    assert list(dataset.samples()) == list(dataset.samples())


def test_a_changed_row_or_instruction_is_other_content(make: Make) -> None:
    digests = {
        make("task: qa", test=ROWS).digest(),
        make("task: qa", test=[*ROWS, {"input": "r", "target": "y"}]).digest(),
        make("task: qa\ninstruction: Answer.", test=ROWS).digest(),
        make("task: qa\nfields: {context: passage}", test=ROWS).digest(),
        make("task: qa\nanswer_pattern: 'A: (.*)'", test=ROWS).digest(),
    }

    assert len(digests) == 5


def test_what_changes_no_prompt_and_no_answer_is_the_same_content(make: Make) -> None:
    digests = {
        make("task: qa", test=ROWS).digest(),
        make("task: qa\ndescription: Other.\nlicence: MIT\nmetrics: [exact_match]", test=ROWS).digest(),
        make("task: qa", test=ROWS, train=ROWS).digest("test"),
    }

    assert len(digests) == 1
