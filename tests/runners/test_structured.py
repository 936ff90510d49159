"""The strategy `structured` and what measures it; the model is a function."""

from __future__ import annotations

import json

import pytest

import promptsweep
from promptsweep.errors import ConfigError
from promptsweep.testing import FunctionModel
from workspaces import write

SCHEMA = {
    "type": "object",
    "properties": {"이름": {"type": "string"}, "items": {"type": "array", "items": {"type": "integer"}}},
    "required": ["이름"],
    "additionalProperties": False,
}
GOLD = {"이름": "김하늘", "items": [1, 2]}
RIGHT, WRONG = json.dumps(GOLD, ensure_ascii=False), '{"이름": 3}'
METRICS = ["schema_valid", "json_valid", "json_exact", "field_f1", "repairs", "mended"]


def extracting(root, params, *replies, card=None, **files):
    """The record of one row, its scores by name, and the model, which gives one reply after the other."""
    left = list(replies)
    model = FunctionModel(lambda request: left.pop(0) if len(left) > 1 else left[0])
    base = {
        "datasets/names.yaml": {
            "task": "extraction",
            "instruction": "Extract.",
            **(card or {"schema": SCHEMA}),
        },
        "datasets/names.test.jsonl": [{"id": "1", "input": "김하늘: 1, 2", "target": GOLD}],
    }
    workspace = write(root, base | files)
    sweep = {"datasets": "names", "models": "m", "strategies": [{"structured": params}], "metrics": METRICS}
    run = promptsweep.run(sweep, models={"m": model}, workspace=workspace.root)
    [record] = run.records().to_dict("records")
    [summary] = run.summaries()
    return record, {name: one.value for name, one in summary.metrics.items()}, model


def last(request):
    return request.messages[-1].content


def test_a_reply_that_fits_is_taken_as_it_is_and_scored(tmp_path):
    record, scores, model = extracting(tmp_path, {}, RIGHT)

    assert record["reply"] == RIGHT
    assert record["details"] == {"valid": True, "repairs": 0, "mended": 0}
    assert scores == dict.fromkeys(["schema_valid", "json_valid", "json_exact", "field_f1"], 1) | {
        "repairs": 0,
        "mended": 0,
    }
    assert (
        json.dumps(SCHEMA, ensure_ascii=False, separators=(",", ":")) in model.requests[0].messages[0].content
    )
    assert "response_format" not in model.requests[0].params


def test_the_model_is_told_the_faults_until_it_puts_them_right_or_the_repairs_are_used_up(tmp_path):
    record, scores, model = extracting(tmp_path, {"repairs": 2}, WRONG, "oops", f"```json\n{RIGHT}\n```")

    assert record["details"] == {
        "valid": True,
        "repairs": 2,
        "mended": 1,
        "faults": [["이름: 3 is not of type 'string'"], ["no complete JSON object or array"]],
    }
    assert "- 이름: 3 is not of type 'string'" in last(model.requests[1])
    assert model.requests[1].messages[-2].content == WRONG
    assert (scores["schema_valid"], scores["json_valid"], scores["repairs"], scores["mended"]) == (1, 0, 2, 1)


def test_validity_is_apart_from_content(tmp_path):
    _, scores, _ = extracting(tmp_path / "a", {}, '{"이름": "박"}')
    assert (scores["schema_valid"], scores["json_exact"]) == (1, 0)

    record, scores, model = extracting(tmp_path / "b", {"repairs": 1}, '{"items": [1, 2]}')
    assert scores["schema_valid"] == 0
    assert scores["field_f1"] == pytest.approx(0.8)
    assert model.calls == 2
    assert record["details"]["valid"] is False


def test_response_format_carries_the_strict_schema_and_its_nulls_are_left_out(tmp_path):
    record, scores, model = extracting(
        tmp_path, {"how": "response_format", "show": False}, '{"이름": "김하늘", "items": null}'
    )

    asked = model.requests[0].params["response_format"]
    assert asked["json_schema"]["strict"] is True
    assert asked["json_schema"]["schema"]["required"] == ["이름", "items"]
    assert "additionalProperties" not in model.requests[0].messages[0].content
    assert record["reply"] == '{"이름":"김하늘"}'
    assert scores["schema_valid"] == 1


def test_a_schema_without_a_strict_form_is_sent_as_it_is(tmp_path):
    schema = {"type": "object", "patternProperties": {"^이": {"type": "string"}}}
    _, _, model = extracting(tmp_path, {"how": "response_format"}, RIGHT, card={"schema": schema})

    asked = model.requests[0].params["response_format"]["json_schema"]
    assert asked == {"name": "answer", "strict": False, "schema": schema}


@pytest.mark.parametrize(
    "reply",
    [
        '{"reasoning": "a \\"name\\", then {1}", ' + RIGHT[1:],
        '```json\n{\n  "reasoning": "",\n' + RIGHT[1:] + "\n```",
    ],
)
def test_a_field_for_reasoning_is_asked_for_and_taken_away(tmp_path, reply):
    record, scores, model = extracting(tmp_path, {"reason": "field", "how": "response_format"}, reply)

    schema = model.requests[0].params["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]) == ["reasoning", "이름", "items"]
    assert json.loads(record["answer"]) == GOLD
    assert scores["json_exact"] == 1
    assert scores["json_valid"] == float("```" not in reply)


def test_reasoning_in_a_call_of_its_own_is_handed_to_the_one_that_writes_json(tmp_path):
    record, _, model = extracting(tmp_path, {"reason": "call"}, "The name comes first.", WRONG, RIGHT)

    assert "Do not write JSON yet" in last(model.requests[0])
    roles = [[message.role for message in request.messages] for request in model.requests]
    assert roles[1] == ["system", "user", "assistant", "user"]
    assert roles[2] == [*roles[1], "assistant", "user"]
    assert model.requests[1].messages[2].content == "The name comes first."
    assert record["reply"] == RIGHT


def test_a_schema_of_the_strategys_folder_goes_before_the_datasets(tmp_path):
    files = {"prompts/structured/mine.json": {"type": "object", "required": ["x"]}}
    record, scores, _ = extracting(tmp_path, {"schema": "mine.json", "repairs": 0}, RIGHT, **files)

    assert record["details"]["faults"] == [["'x' is a required property"]]
    assert scores["schema_valid"] == 1


@pytest.mark.parametrize(
    ("params", "card", "message"),
    [
        ({"how": "promt"}, None, "unknown how 'promt'. Did you mean 'prompt'"),
        ({"reason": True}, None, "unknown reason True. Known: call, field, none"),
        ({"repairs": -1}, None, "repairs must be a whole number"),
        ({"show": False}, None, "show: false needs how: response_format"),
        ({"schema": "no.json"}, None, "no file 'structured/no.json'"),
        ({"schema": {"type": "txt"}}, None, "structured: schema: not a JSON Schema: type: 'txt'"),
        (
            {"reason": "field"},
            {"schema": {"properties": {"items": {}}}},
            "needs a schema of an object without a key",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(tmp_path, params, card, message):
    with pytest.raises(ConfigError) as error:
        extracting(tmp_path, params, RIGHT, card=card)

    assert message in str(error.value)


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ({"strategies": "structured"}, "structured needs a schema: `schema:` in the card of names"),
        (
            {"strategies": "zero_shot", "metrics": ["schema_valid"]},
            "metric 'schema_valid' needs a schema: `schema:` in the dataset's card",
        ),
        (
            {"strategies": "zero_shot", "metrics": [{"schema_valid": {"schema": "no.json"}}]},
            "no.json: no such file with a schema",
        ),
    ],
)
def test_without_a_schema_the_message_says_where_one_goes(tmp_path, sweep, message):
    workspace = write(
        tmp_path,
        {
            "datasets/names.yaml": {"task": "extraction"},
            "datasets/names.test.jsonl": [{"id": "1", "input": "a", "target": {"a": 1}}],
        },
    )
    model = FunctionModel(lambda request: "{}")

    with pytest.raises(ConfigError) as error:
        promptsweep.run(
            {"datasets": "names", "models": "m", **sweep}, models={"m": model}, workspace=workspace.root
        )

    assert message in str(error.value)
    assert model.calls == 0
