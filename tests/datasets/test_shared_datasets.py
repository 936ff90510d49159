from __future__ import annotations

from pathlib import Path

import pytest

from promptsweep.datasets import load
from promptsweep.workspace import Workspace

SENTIMENT = "task: classification\nlabels: [positive, negative]\n"


@pytest.mark.parametrize(
    ("card", "counts", "example"),
    [
        (SENTIMENT + "language: ko\nsplits: {test: $/nsmc/dev.jsonl}", {"test": 600}, ("positive",)),
        (
            SENTIMENT + "splits:\n"
            "  train: {file: $/rt_polarity/train.jsonl, part: [0, 0.5]}\n"
            "  test: {file: $/rt_polarity/train.jsonl, part: [0.5, 1]}",
            {"train": 345, "test": 355},
            ("positive",),
        ),
        (
            "task: classification\nlabels: $/banking77/labels.jsonl\nsplits: {test: $/banking77/train.jsonl}",
            {"test": 924},
            ("card_arrival",),
        ),
        ("task: math\nsplits: {test: $/svamp/dev.jsonl}", {"test": 500}, ("51",)),
        ("task: qa\ncluster: title\nsplits: {test: $/xquad_en/dev.jsonl}", {"test": 597}, ("308",)),
        (
            "task: extraction\nsplits: {test: $/restaurant8k/train.jsonl}",
            {"test": 700},
            ('{"date":"in 14 days"}',),
        ),
        (
            "task: summarisation\nsplits: {train: $/scitldr/train.jsonl, test: $/scitldr/dev.jsonl}",
            {"train": 400, "test": 200},
            None,
        ),
        (
            "task: open\nsplits: {test: {file: $/bbh/dev.jsonl, where: {task: object_counting}}}",
            {"test": 250},
            None,
        ),
    ],
    ids=["nsmc", "rt_polarity", "banking77", "svamp", "xquad_en", "restaurant8k", "scitldr", "bbh"],
)
def test_real_data_loads_with_a_short_card(
    shared_data: Path, tmp_path: Path, card: str, counts: dict[str, int], example: tuple[str, ...] | None
) -> None:
    path = tmp_path / "real.yaml"
    path.write_text(card.replace("$", str(shared_data)), encoding="utf-8")
    dataset = load(str(path), Workspace(tmp_path))

    surveys = {split: dataset.check(split) for split in dataset.card.splits}

    assert len(card.splitlines()) <= 12
    assert {split: survey.count for split, survey in surveys.items()} == counts
    assert example is None or next(dataset.samples()).targets == example
