"""Training files: what they hold, what they refuse, and where they say they come from."""

from __future__ import annotations

import json
import re

import pytest

from promptsweep.api.training_data import Recipe, export_finetune
from promptsweep.errors import ConfigError
from promptsweep.models.lineage import content_digest, mark, read_manifest
from promptsweep.models.training_files import check_file
from workspaces import MOOD_TEST, mood, rows

TRAIN = [
    (f"A tale of {n} nights, {'warm' if n % 2 else 'cold'}.", ["good", "bad"][n % 2 == 0]) for n in range(20)
]


def tales(root, **files):
    return mood(root, **{"datasets/mood.train.jsonl": rows(TRAIN, "t"), **files})


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_chat_file_holds_the_prompt_as_it_is_sent_and_the_target_as_the_reply(tmp_path):
    place = tales(tmp_path)

    made = export_finetune(Recipe(dataset="mood", system="concise"), tmp_path / "out/mood.jsonl", place)

    first = lines(made.paths[0])[0]["messages"]
    assert [one["role"] for one in first] == ["system", "user", "assistant"]
    assert "Judge the mood." in first[0]["content"]
    assert [one["content"] for one in first[1:]] == list(TRAIN[0])
    size = check_file(made.paths[0])
    assert (size.examples, size.tokens) == (20, made.manifest.files[0].tokens)


def test_bare_examples_hold_the_input_and_nothing_else(tmp_path):
    made = export_finetune(Recipe(dataset="mood", strategy="bare"), tmp_path / "m.jsonl", tales(tmp_path))

    assert lines(made.paths[0])[3]["messages"] == [
        {"role": "user", "content": TRAIN[3][0]},
        {"role": "assistant", "content": TRAIN[3][1]},
    ]


def test_worked_examples_are_never_the_row_itself_and_never_a_validation_row(tmp_path):
    recipe = Recipe(dataset="mood", strategy="few_shot", params={"k": 2}, validation=0.5)

    made = export_finetune(recipe, tmp_path / "m.jsonl", tales(tmp_path))

    training, held_out = (lines(path) for path in made.paths[:2])
    assert (len(training), len(held_out)) == (10, 10)
    kept_apart = {row["messages"][-2]["content"] for row in held_out}
    for row in (*training, *held_out):
        asked = [one["content"] for one in row["messages"] if one["role"] == "user"]
        assert len(set(asked)) == 3
        assert not kept_apart & set(asked[:-1])


@pytest.mark.parametrize(
    ("name", "form"),
    [("m.jsonl", "chat"), ("m.json", "alpaca"), ("m.jsonl", "alpaca"), ("m.txt", "instruction")],
)
def test_the_same_recipe_gives_the_same_bytes(tmp_path, name, form):
    recipe = Recipe(dataset="mood", form=form, validation=0.2, limit=15, seed=3)
    place = tales(tmp_path)

    first, second = (export_finetune(recipe, tmp_path / folder / name, place) for folder in "ab")

    assert [path.read_bytes() for path in first.paths] == [path.read_bytes() for path in second.paths]
    assert [file.examples for file in first.manifest.files] == [12, 3]


def test_alpaca_and_instruction_pairs_hold_instruction_input_and_output(tmp_path):
    place = tales(tmp_path, **{"datasets/mood.train.jsonl": rows([("정말 좋아요.", "good")], "t")})

    alpaca = export_finetune(Recipe(dataset="mood", form="alpaca"), tmp_path / "m.json", place)
    text = export_finetune(Recipe(dataset="mood", form="instruction"), tmp_path / "m.txt", place)

    [row] = json.loads(alpaca.paths[0].read_text("utf-8"))
    assert (row["input"], row["output"]) == ("정말 좋아요.", "good")
    assert row["instruction"].startswith("Judge the mood.")
    written = text.paths[0].read_text("utf-8")
    assert re.fullmatch(
        r"### Instruction:\nJudge .*\n\n정말 좋아요\.\n\n### Response:\ngood\n\n", written, re.DOTALL
    )


def test_a_row_that_is_evaluated_as_well_is_refused_or_left_out(tmp_path):
    leaked = [*TRAIN, (f"  {MOOD_TEST[1][0].upper()} ", "bad")]
    place = tales(tmp_path, **{"datasets/mood.train.jsonl": rows(leaked, "t")})

    with pytest.raises(ConfigError, match=r"1 of 21 rows of mood \(train\) are in test as well \(t-20\)"):
        export_finetune(Recipe(dataset="mood"), tmp_path / "m.jsonl", place)
    assert not (tmp_path / "m.jsonl").exists()

    made = export_finetune(Recipe(dataset="mood", skip_leaked=True), tmp_path / "m.jsonl", place)

    assert (made.manifest.leaked, made.manifest.files[0].examples) == (["t-20"], 20)
    assert mark(MOOD_TEST[1][0]) not in made.manifest.inputs


def test_rows_of_one_input_or_cluster_are_all_trained_on_or_all_held_out(tmp_path):
    twice = [
        {"id": f"{n}-{copy}", "input": f"Night {n}", "target": "good"} for n in range(10) for copy in "ab"
    ]
    place = tales(tmp_path, **{"datasets/mood.train.jsonl": twice})

    made = export_finetune(Recipe(dataset="mood", validation=0.3), tmp_path / "m.jsonl", place)

    training, held_out = ({row["messages"][1]["content"] for row in lines(path)} for path in made.paths[:2])
    assert (len(training), len(held_out), training & held_out) == (7, 3, set())


def test_the_manifest_says_what_the_file_was_made_from(tmp_path):
    place = tales(tmp_path)

    made = export_finetune(
        Recipe(dataset="mood", strategy="few_shot", params={"k": 1}), tmp_path / "m.jsonl", place
    )

    found = read_manifest(tmp_path / "m.lineage.json")
    assert found == made.manifest
    assert found.dataset["name"] == "mood"
    shown = {"k": 1, "select": "balanced", "shot_seed": 0, "order": 0}
    assert found.strategy["params"] == {**shown, "calibrate": False, "alternatives": 20}
    assert found.files[0].digest == content_digest((tmp_path / "m.jsonl").read_bytes())
    assert found.inputs == sorted(mark(text) for text, _ in TRAIN)


def test_the_completion_is_a_template_over_the_row(tmp_path):
    reasoned = [row | {"rationale": "Because."} for row in rows(TRAIN, "t")]
    place = tales(tmp_path, **{"datasets/mood.train.jsonl": reasoned})
    recipe = Recipe(
        dataset="mood", strategy="chain_of_thought", completion="{{ rationale }}\nAnswer: {{ target }}"
    )

    made = export_finetune(recipe, tmp_path / "m.jsonl", place)

    assert lines(made.paths[0])[0]["messages"][-1]["content"] == "Because.\nAnswer: bad"


def test_rows_without_a_target_are_left_out_and_counted(tmp_path):
    place = tales(tmp_path, **{"datasets/mood.train.jsonl": [*rows(TRAIN, "t"), {"id": "x", "input": "?"}]})

    made = export_finetune(Recipe(dataset="mood"), tmp_path / "m.jsonl", place)

    assert (made.without_target, made.manifest.files[0].examples) == (1, 20)


@pytest.mark.parametrize(
    ("changes", "name", "said"),
    [
        ({"strategy": "self_consistency"}, "m.jsonl", "self_consistency takes up to 5 calls for a row"),
        ({"strategy": "self_consistency", "params": {"draws": 1}}, "m.jsonl", "say with --completion what"),
        ({"form": "alpaca", "strategy": "few_shot"}, "m.json", "row t-0: alpaca holds one turn"),
        ({"form": "chta"}, "m.jsonl", "unknown format 'chta'. Did you mean 'chat'"),
        ({"form": "chat"}, "m.json", r"a file of format chat is named \*\.jsonl"),
        ({"params": {"kk": 1}, "strategy": "few_shot"}, "m.jsonl", "unknown parameter of few_shot 'kk'"),
        (
            {"completion": "{{ targte }}"},
            "m.jsonl",
            "row t-0: unknown variable 'targte'. Did you mean 'target'",
        ),
        ({"completion": "{% if true %}"}, "m.jsonl", "template"),
        ({"limit": 9}, "m.jsonl", "9 rows to train on; vendors ask for at least 10"),
        ({"most_tokens": 20}, "m.jsonl", r"row t-0: \d+ tokens; 20 is the most"),
        ({"dataset": "nothing"}, "m.jsonl", "unknown dataset 'nothing'"),
    ],
)
def test_what_cannot_be_exported_is_one_line_and_writes_nothing(tmp_path, changes, name, said):
    place = tales(tmp_path)

    with pytest.raises(ConfigError, match=said):
        export_finetune(Recipe(**{"dataset": "mood", **changes}), tmp_path / name, place)

    assert not (tmp_path / name).exists()


def test_a_text_that_holds_the_marks_of_instruction_pairs_is_refused(tmp_path):
    place = tales(
        tmp_path, **{"datasets/mood.train.jsonl": rows([("Fine.\n### Response:\nbad", "good")], "t")}
    )

    with pytest.raises(ConfigError, match="row t-0: its text has the line '### Response:'"):
        export_finetune(Recipe(dataset="mood", form="instruction"), tmp_path / "m.txt", place)


def test_a_dataset_without_targets_has_nothing_to_learn(tmp_path):
    bare = {"datasets/mood.yaml": {"task": "open"}, "datasets/mood.train.jsonl": [{"id": "x", "input": "?"}]}
    place = tales(tmp_path, **bare)

    with pytest.raises(ConfigError, match=r"no row of mood \(train\) has a target to learn"):
        export_finetune(Recipe(dataset="mood"), tmp_path / "m.jsonl", place)


def test_a_dataset_without_a_train_split_cannot_be_trained_on(tmp_path):
    place = tales(tmp_path)
    (tmp_path / "datasets/mood.train.jsonl").unlink()

    with pytest.raises(ConfigError, match="mood has no train split"):
        export_finetune(Recipe(dataset="mood"), tmp_path / "m.jsonl", place)
