"""Recorded replies."""

from __future__ import annotations

import re
import time

import orjson
import pytest

from promptsweep.errors import ConfigError, ReplayMissError
from promptsweep.models import load
from promptsweep.types import Message


@pytest.fixture
def recorded(workspace):
    """A replay model of rows, each a (prompt, completion) pair or a whole row."""

    def made(*rows, model=""):
        path = workspace.root / "recorded.jsonl"
        lines = [row if isinstance(row, dict) else line(*row) for row in rows]
        path.write_bytes(b"\n".join(orjson.dumps(each) for each in lines))
        return load(f"replay:{path}{model}", workspace)

    return made


def line(prompt, completion, **more):
    return {"messages": [{"role": "user", "content": prompt}], "completion": completion, **more}


def test_a_reply_is_found_by_the_exact_messages(recorded, ask):
    model = recorded(("Q: 1+1?", "2"), ("Q: 1+1? ", "two"))

    assert ask(model, "Q: 1+1?").text == "2"
    assert ask(model, "Q: 1+1? ").text == "two"


def test_lines_with_the_same_messages_are_successive_draws(recorded, ask):
    model = recorded(("a", "first"), ("b", "other"), ("a", "second"))

    assert [ask(model, "a", draw=draw).text for draw in (0, 1)] == ["first", "second"]
    with pytest.raises(ReplayMissError, match="draw 3 is asked for, replies recorded for this prompt: 2"):
        ask(model, "a", draw=2)


def test_recorded_parameters_must_match_and_absent_ones_need_not(recorded, ask):
    model = recorded(
        line("a", "cold", params={"temperature": 0}), line("a", "hot", params={"temperature": 1})
    )

    assert ask(model, "a", temperature=1, seed=3).text == "hot"
    with pytest.raises(ReplayMissError, match=r"line 1 .*: temperature 0 recorded, 0\.5 asked for"):
        ask(model, "a", temperature=0.5)


def test_a_file_of_several_models_needs_the_name_of_one(recorded, ask):
    rows = [line("a", "from x", model="x"), line("a", "from y", model="y"), line("b", "only y", model="y")]

    assert ask(recorded(*rows, model="#y"), "a").text == "from y"
    with pytest.raises(ReplayMissError, match="line 3 has this prompt for model 'y', not for 'x'"):
        ask(recorded(*rows, model="#x"), "b")
    with pytest.raises(ConfigError, match=r"holds replies of several models; name one: replay:.*#x"):
        recorded(*rows)
    with pytest.raises(ConfigError, match=r"unknown model 'yy'\. Did you mean 'y'\?"):
        recorded(*rows, model="#yy")


def test_a_miss_shows_the_nearest_prompt_and_where_they_part(recorded, ask):
    model = recorded(
        ("Something else", "x"), ("Line one.\nThe capital of France?", "Paris"), ("Far away", "y")
    )

    with pytest.raises(ReplayMissError) as caught:
        ask(model, "Line one.\nThe capital of Finland?")

    message = str(caught.value)
    assert "The nearest is in line 2; message 1 (user) differs from line 2, column 17" in message
    assert (
        r"asked 'Line one.\nThe capital of F▸inland?', recorded 'Line one.\nThe capital of F▸rance?'"
        in message
    )
    assert "\n" not in message


def test_a_miss_by_role_or_number_of_messages_says_so(recorded, ask):
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    by_role = {"messages": turns[:1], "completion": "x"}

    with pytest.raises(ReplayMissError, match="message 1 is of the system there, of the user here"):
        ask(recorded(by_role), "Be brief.")
    with pytest.raises(ReplayMissError, match="it has 2 messages, this one 1"):
        ask(recorded({"messages": [turns[1], turns[1]], "completion": "x"}), "Hi")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b"{", "not JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"messages": [{"role": "user", "content": "a"}]}', "'completion' must be a text"),
        (b'{"completion": "a"}', "'messages' must be a list"),
        (
            b'{"completion": "a", "messages": [{"role": "robot", "content": "a"}]}',
            "'messages' must be a list",
        ),
        (b'{"completion": "a", "messages": [{"role": "user", "content": 1}]}', "'messages' must be a list"),
        (
            b'{"completion": "a", "messages": [{"role": "user", "content": "a"}], "params": 1}',
            "'params' an object",
        ),
    ],
)
def test_a_malformed_line_is_named(workspace, bad, says):
    path = workspace.root / "bad.jsonl"
    path.write_bytes(orjson.dumps(line("a", "b")) + b"\r\n\r\n" + bad)

    with pytest.raises(ConfigError, match=re.escape(says)) as caught:
        load("replay:bad.jsonl", workspace)

    assert (caught.value.path, caught.value.line) == (path, 3)


def test_an_empty_file_is_no_recording(workspace):
    (workspace.root / "empty.jsonl").write_bytes(b"\xef\xbb\xbf\n")

    with pytest.raises(ConfigError, match="holds no recorded reply"):
        load("replay:empty.jsonl", workspace)


def test_another_recording_is_another_model(recorded):
    one, other = recorded(("a", "1")), recorded(("a", "2"))
    messages = (Message("user", "a"),)

    assert one.digest != other.digest
    assert one.request(messages, {}, 0).key != other.request(messages, {}, 0).key


def test_bbh_completions_replay_by_their_recorded_prompts(workspace, shared_data, ask):
    rows = [orjson.loads(row) for row in (shared_data / "bbh" / "completions.jsonl").open("rb")]
    parts = {
        (part["task"], part["strategy"]): part
        for part in map(orjson.loads, (shared_data / "bbh" / "prompts.jsonl").open("rb"))
    }
    inputs = {
        row["id"]: row["input"] for row in map(orjson.loads, (shared_data / "bbh" / "dev.jsonl").open("rb"))
    }

    def prompt(row):
        part = parts[row["task"], row["strategy"]]
        return part["prefix"] + inputs[row["id"]] + part["suffix"]

    path = workspace.root / "bbh.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps(line(prompt(row), row["completion"])) for row in rows))
    model = load("replay:bbh.jsonl", workspace)

    assert [each.text for each in ask(model, *map(prompt, rows))] == [row["completion"] for row in rows]
    began = time.perf_counter()
    with pytest.raises(ReplayMissError, match="The nearest is in line 1;"):
        ask(model, prompt(rows[0]) + " ")
    assert time.perf_counter() - began < 2
