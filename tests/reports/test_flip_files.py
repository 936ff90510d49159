"""All samples on which arms differ, as a file."""

from __future__ import annotations

import csv
import json

import pytest
from markdown_it import MarkdownIt

from promptsweep.errors import ConfigError
from promptsweep.reports.flip_files import COLUMNS, write_flips
from promptsweep.reports.opponents import between_runs, within_run
from workspaces import rows


def written(house, path, metric=None, baseline=None):
    count = write_flips(house.store, within_run(house.store, "plain", baseline), path, metric)
    return count, path.read_text(encoding="utf-8") if path.suffix != ".parquet" else ""


def test_every_ending_holds_all_samples_that_differ(house, tmp_path):
    counts = {
        ending: written(house, tmp_path / f"flips.{ending}")
        for ending in ("csv", "json", "jsonl", "md", "parquet")
    }

    found = json.loads(counts["json"][1])
    assert {count for count, _ in counts.values()} == {len(found)} == {14}
    assert list(found[0]) == list(COLUMNS)
    assert list(map(json.loads, counts["jsonl"][1].splitlines())) == found
    table = list(csv.DictReader(counts["csv"][1].splitlines()))
    assert [row["sample_id"] for row in table] == [row["sample_id"] for row in found]
    assert json.loads(table[0]["targets"]) == ["bad"]
    assert MarkdownIt("gfm-like", {"linkify": False}).render(counts["md"][1]).count("<tr>") == 1 + 14


def test_both_answers_targets_and_scores_are_told_both_ways(house, tmp_path):
    _, forward = written(house, tmp_path / "a.json", baseline="zero_shot | m | lines")
    _, backward = written(house, tmp_path / "b.json", baseline="few_shot")

    won, lost = json.loads(forward)[0], json.loads(backward)[0]
    assert (won["change"], won["answer_a"], won["answer_b"], won["targets"]) == (
        "won",
        "good",
        "bad",
        ["bad"],
    )
    assert (won["score_a"], won["score_b"]) == (0.0, 1.0)
    assert (lost["change"], lost["answer_a"], lost["answer_b"]) == ("lost", "bad", "good")


def test_more_than_a_page_of_samples_is_written_in_korean_too(own_house, tmp_path):
    texts = [(f"{place}번째 줄", "good") for place in range(1_200)]
    path = own_house.workspace.root / "datasets/lines.test.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows(texts)), encoding="utf-8")
    sweep = {"datasets": "lines", "strategies": "zero_shot", "fresh": True}
    own_house.run("before", lambda request: "good", **sweep)
    own_house.run("after", lambda request: "bad", **sweep)
    target = tmp_path / "deep/all.jsonl"

    count = write_flips(own_house.store, between_runs(own_house.store, "before", "after"), target)

    lines = target.read_text(encoding="utf-8").splitlines()
    assert count == len(lines) == 1_200
    assert {json.loads(line)["change"] for line in lines} == {"lost"}
    assert "번째 줄" in lines[0]


def test_arms_that_differ_nowhere_leave_an_empty_list(house, tmp_path):
    opponents = between_runs(house.store, "plain", "plain")

    assert write_flips(house.store, opponents, tmp_path / "none.json") == 0
    assert json.loads((tmp_path / "none.json").read_text()) == []


@pytest.mark.parametrize(
    ("name", "metric", "message"),
    [
        ("flips.txt", None, r"unknown ending of a file of samples '.txt'. Did you mean|Known: .csv"),
        ("flips.csv", "macro_f1", "macro_f1 is computed over all answers together"),
        ("flips.csv", "acuracy", "unknown metric 'acuracy'. Did you mean 'accuracy'"),
        ("taken/flips.csv", None, "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_one_line(house, tmp_path, name, metric, message):
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(ConfigError, match=message):
        written(house, tmp_path / name, metric)
