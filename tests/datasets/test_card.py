from __future__ import annotations

from pathlib import Path

import pytest

from promptsweep.datasets.card import read_card
from promptsweep.errors import ConfigError


def write_card(folder: Path, text: str) -> Path:
    (folder / "rows.jsonl").write_text('{"input": "a", "target": "yes"}\n')
    (folder / "rows.txt").write_text("never read")
    path = folder / "made.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_yaml_words_and_numbers_stay_the_labels_that_were_written(tmp_path: Path) -> None:
    text = "task: classification\nlabels: [no, yes, 1, 2.5, true]\nsplits: {test: rows.jsonl}"
    card = read_card(write_card(tmp_path, text))

    assert card.labels == ("no", "yes", "1", "2.5", "true")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labels.jsonl", '{"label": "no"}\n{"label": "yes"}\n'),
        ("labels.csv", "label,says\nno,refusal\nyes,consent\n"),
        ("labels.txt", "no\n\nyes\n"),
    ],
)
def test_labels_come_from_a_file_beside_the_card(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    card = read_card(
        write_card(tmp_path, f"task: classification\nlabels: {name}\nsplits: {{test: rows.jsonl}}")
    )

    assert card.labels == ("no", "yes")


def test_one_answer_pattern_and_several_are_the_same_to_a_reader(tmp_path: Path) -> None:
    head = "task: math\nsplits: {test: rows.jsonl}\n"
    one = read_card(write_card(tmp_path, head + "answer_pattern: 'A: (\\d+)'"))
    several = read_card(write_card(tmp_path, head + "answer_pattern: ['A: (\\d+)', '(\\d+)']"))

    assert one.answer_pattern == (r"A: (\d+)",)
    assert several.answer_pattern == (r"A: (\d+)", r"(\d+)")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("task: qa\nlabel: [a]\n", 2, "unknown key 'label'. Did you mean 'labels'?"),
        (
            "task: clasification\nsplits: {test: rows.jsonl}",
            1,
            "task: unknown value 'clasification'. Did you mean 'classification'?",
        ),
        ("labels: [a]\nsplits: {test: rows.jsonl}", None, "'task' is required"),
        ("task: classification\nlabels:\n  - a\n  - b\n  - a\n", 5, "label 'a' is there twice"),
        ("task: classification\nlabels: gone.txt\n", None, "cannot be read: No such file"),
        ("task: math\nanswer_pattern:\n  - 'a'\n  - '(b'\n", 4, "not a regular expression: missing )"),
        ("task: qa\nsplits:\n  test: gone.jsonl\n", 3, "split 'test' has no file"),
        ("task: qa\nsplits:\n  test: rows.txt\n", 3, "unknown file format '.txt'"),
        ("task: qa\nsplits:\n  test: {file: rows.jsonl, prt: [0, 1]}\n", 3, "Did you mean 'part'?"),
        ("task: qa\nsplits:\n  test: {part: [0, 1]}\n", 3, "split 'test' needs either `file` or `hf`"),
        ("task: qa\nsplits:\n  test: {file: rows.jsonl, hf: a/b}\n", 3, "needs either `file` or `hf`"),
        ("task: qa\nsplits:\n  test: {file: rows.jsonl, part: [0.5, 0.2]}\n", 3, "0 ≤ from < to ≤ 1"),
        ("task: qa\nsplits:\n  test: {file: rows.jsonl, split: test}\n", 3, "which belong to `hf`"),
        ("task: qa\nsplits:\n  test: 7\n", 3, "split 'test'"),
        ("task: qa\nsplits: rows.jsonl\n", 2, "splits: "),
        ("task: qa\n", None, "no data: write `splits`, or put made.test.jsonl"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_card_is_one_line_with_its_place(
    tmp_path: Path, text: str, line: int | None, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_card(write_card(tmp_path, text))

    assert message in str(caught.value)
    assert caught.value.line == line
    assert "\n" not in str(caught.value)


def test_a_label_file_without_the_column_is_an_error_of_that_file(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("labels\nno\n")

    with pytest.raises(ConfigError, match=r"labels\.csv:2: unknown column 'label'\. Did you mean 'labels'"):
        read_card(write_card(tmp_path, "task: classification\nlabels: labels.csv\n"))


def test_splits_are_the_files_beside_the_card(tmp_path: Path) -> None:
    path = tmp_path / "pairs.yaml"
    path.write_text("task: qa")
    (tmp_path / "pairs").mkdir()
    for name in (
        "pairs.test.csv",
        "pairs.train.jsonl",
        "pairs/dev.tsv",
        "pairs.notes.txt",
        "pairs2.extra.csv",
    ):
        (tmp_path / name).touch()

    splits = read_card(path).splits

    assert {name: source.file for name, source in splits.items()} == {
        "dev": tmp_path / "pairs" / "dev.tsv",
        "test": tmp_path / "pairs.test.csv",
        "train": tmp_path / "pairs.train.jsonl",
    }


def test_a_hub_split_has_its_own_name_unless_another_is_given(tmp_path: Path) -> None:
    text = "task: qa\nsplits: {train: 'hf:acme/pairs', test: {hf: acme/pairs, config: en, split: validation}}"
    splits = read_card(write_card(tmp_path, text)).splits

    assert [(source.hf, source.config, source.split) for source in splits.values()] == [
        ("acme/pairs", None, "train"),
        ("acme/pairs", "en", "validation"),
    ]
