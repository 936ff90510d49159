"""The real datasets beside the repository: what was published comes out again, to the row."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import promptsweep
from promptsweep import api
from promptsweep.reports import open_store
from promptsweep.types import Status
from workspaces import write


def jsonl(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def bbh_workspace(root: Path, data: Path, strategy: str, task: str | None):
    """The dataset, the user's own template, and a replay file of what was recorded."""
    prompts = {(row["task"], row["strategy"]): row for row in jsonl(data / "prompts.jsonl")}
    samples = [row for row in jsonl(data / "dev.jsonl") if task in (None, row["task"])]
    texts = {row["id"]: row for row in samples}
    replay = []
    for row in jsonl(data / "completions.jsonl"):
        if row["strategy"] == strategy and row["id"] in texts:
            frame = prompts[row["task"], strategy]
            text = frame["prefix"] + texts[row["id"]]["input"] + frame["suffix"]
            message = {"role": "user", "content": text}
            replay.append({"messages": [message], "completion": row["completion"]})
    rows = [{**row, "frame": prompts[row["task"], strategy]} for row in samples]
    return write(
        root,
        {
            "datasets/bbh.yaml": {"task": "qa", "metrics": ["exact_match"]},
            "datasets/bbh.test.jsonl": rows,
            "prompts/recorded/answer.j2": "{{ frame.prefix }}{{ input }}{{ frame.suffix }}\n",
            "recorded.jsonl": replay,
            "runners/bbh.yaml": {
                "datasets": "bbh",
                "strategies": "recorded",
                "models": f"replay:{root / 'recorded.jsonl'}",
            },
        },
    )


@pytest.mark.parametrize("strategy", ["few_shot_direct", "few_shot_cot"])
def test_bbh_renders_as_recorded_and_scores_as_published(tmp_path, shared_data, strategy):
    data = shared_data / "bbh"
    with (data / "published_accuracy.csv").open(encoding="utf-8") as file:
        published = {(row["task"], row["strategy"]): float(row["accuracy"]) for row in csv.DictReader(file)}
    workspace = bbh_workspace(tmp_path, data, strategy, "object_counting")

    run = promptsweep.run("bbh", workspace=workspace.root)

    [arm] = run.summaries()
    assert (run.status, arm.scored) == (Status.DONE, 250)
    assert 100 * arm.metrics["exact_match"].value == pytest.approx(published["object_counting", strategy])


@pytest.mark.parametrize("strategy", ["few_shot_direct", "few_shot_cot"])
def test_every_bbh_prompt_renders_byte_for_byte(tmp_path, shared_data, strategy):
    run = promptsweep.run("bbh", workspace=bbh_workspace(tmp_path, shared_data / "bbh", strategy, None).root)

    [arm] = run.summaries()
    assert (run.status, arm.scored, arm.outcomes["error"]) == (Status.DONE, 825, 0)


def test_imported_gsm8k_answers_agree_with_the_publishers_on_every_row(tmp_path, shared_data):
    recorded = jsonl(shared_data / "gsm8k_recorded" / "completions.jsonl")
    questions = {row["id"]: {key: row[key] for key in ("id", "input", "target")} for row in recorded}
    workspace = write(
        tmp_path,
        {
            "datasets/gsm.yaml": {"task": "math"},
            "datasets/gsm.test.jsonl": list(questions.values()),
            "answers.jsonl": [
                {key: row[key] for key in ("id", "model")} | {"answer": row["completion"]} for row in recorded
            ],
        },
    )
    store = open_store(workspace)

    run = api.import_answers(
        tmp_path / "answers.jsonl", dataset="gsm", name="recorded", workspace=workspace, store=store
    )

    rows = run.records().to_dict("records")
    mine = {(row["arm"].split(" | ")[1], row["sample_id"]): row["numeric_match"] == 1 for row in rows}
    assert mine == {(row["model"], row["id"]): row["is_correct"] for row in recorded}
    assert len(run.summaries()) == 4
    assert {"numeric_match", "numeric_match_strict"} <= set(run.summaries()[0].metrics)


CARDS = {
    "nsmc": (
        "dev.jsonl",
        600,
        {"task": "classification", "labels": ["positive", "negative"], "language": "ko"},
    ),
    "rt_polarity": ("train.jsonl", 700, {"task": "classification", "labels": ["positive", "negative"]}),
    "banking77": ("train.jsonl", 924, {"task": "classification", "labels": "labels.jsonl"}),
    "svamp": ("dev.jsonl", 500, {"task": "math"}),
    "xquad_en": ("dev.jsonl", 597, {"task": "qa"}),
    "restaurant8k": ("train.jsonl", 700, {"task": "extraction"}),
    "scitldr": ("dev.jsonl", 200, {"task": "summarisation"}),
}


@pytest.mark.parametrize("name", ["nsmc", "rt_polarity"])
def test_few_shot_runs_on_the_embedded_model_and_beats_zero_shot(tmp_path, shared_data, name):
    file, _, card = CARDS[name]
    path = str(shared_data / name / file)
    splits = {"train": {"file": path, "part": [0, 0.3]}, "test": {"file": path, "part": [0.3, 1]}}
    instruction = "Decide whether the film review is positive or negative."
    workspace = write(
        tmp_path, {f"datasets/{name}.yaml": {**card, "instruction": instruction, "splits": splits}}
    )
    sweep = {
        "datasets": name,
        "models": "local",
        "strategies": ["zero_shot", {"few_shot": {"k": 4}}],
        "params": {"temperature": 0, "max_tokens": 6, "stop": "\n"},
        "limit": 40,
    }

    run = promptsweep.run(sweep, workspace=workspace.root)

    zero, few = run.summaries()
    assert (run.status, zero.scored, few.scored) == (Status.DONE, 40, 40)
    if name == "rt_polarity":
        [row] = run.compare().to_dict("records")
        assert few.metrics["accuracy"].value > zero.metrics["accuracy"].value
        assert row["low"] > 0
