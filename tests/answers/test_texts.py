from __future__ import annotations

import csv
import json

import pytest

from promptsweep.answers import by_patterns, final_text


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Paris", "Paris"),
        ("  two\nlines ", "two\nlines"),
        ("Reasoning.\nAnswer: Paris", "Paris"),
        ("**Answer: Paris**", "Paris"),
        ("Answer:\nParis", "Paris"),
        ("Answer: Lyon\nAnswer: U.S.", "U.S."),
        ("So the answer is Yes.", "Yes"),
        ("the answer is no. So the answer is (B).", "(B)"),
        ("The final answer is: 7.\nQ: next", "7"),
        ("We know the answer is", "We know the answer is"),
        ("답: 서울", "서울"),
        ("", None),
        (" \n ", None),
    ],
)
def test_the_final_answer_follows_the_contract_or_the_cue_or_is_the_whole_text(reply, expected):
    assert final_text(reply) == expected


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([r"grade=(\w)"], "B"),
        ([r"missing", r"^total \d+"], "total 12"),
        ([r"(x)?grade"], "grade"),
        ([r"missing"], None),
        ([r"$"], None),
        ([], None),
    ],
)
def test_the_last_match_of_the_first_pattern_that_matches(patterns, expected):
    assert by_patterns("grade=A\ntotal 12\ngrade=B", patterns) == expected


@pytest.mark.parametrize("strategy", ["few_shot_direct", "few_shot_cot"])
def test_recorded_completions_reproduce_the_published_accuracy(shared_data, strategy):
    folder = shared_data / "bbh"
    rows = [json.loads(line) for line in (folder / "completions.jsonl").read_text("utf-8").splitlines()]
    with (folder / "published_accuracy.csv").open(encoding="utf-8", newline="") as file:
        published = {row["strategy"]: float(row["accuracy"]) for row in csv.DictReader(file)}
    rows = [row for row in rows if row["task"] == "object_counting" and row["strategy"] == strategy]

    right = sum(final_text(row["completion"]) == row["target"] for row in rows)

    assert 100 * right / len(rows) == pytest.approx(published[strategy])
